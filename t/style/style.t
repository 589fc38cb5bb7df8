#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The source tree obeys the rules that check-style checks.
exec "${srcdir:-.}/t/style/check-style" --tap "${srcdir:-.}"
