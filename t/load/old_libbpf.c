// SPDX-License-Identifier: GPL-2.0-only
/* Preloaded: the version that a libbpf too old for us would name. */
#pragma GCC visibility push(default)

unsigned int libbpf_major_version(void)
{
	return 1;
}

unsigned int libbpf_minor_version(void)
{
	return 1;
}

const char *libbpf_version_string(void)
{
	return "v1.1";
}
