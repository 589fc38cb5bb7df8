# SPDX-License-Identifier: GPL-2.0-only
# The parts of a C header and how each is explained: a line "KIND NAME", then "comment" if there is
# one directly above or, as "/**< ... */", behind, then "since" if that says since when.
#
# KIND: function, inline, type, macro, member (STRUCT.MEMBER), enumerator.

# At its end a part may still wait for the comment behind it.
function end_part(kind, name)
{
	flush()
	part = kind " " name
	said = doc
	doc = ""
}

function flush()
{
	if (part != "")
		print part (said != "" ? " comment" : "") (said ~ /Since:? [0-9]/ ? " since" : "")
	part = ""
}

# The name that a declaration declares: before its "(", "[", "=" or end, or in "(*name)".
function declared(decl)
{
	if (match(decl, /\(\*[A-Za-z_0-9]+\)/))
		return substr(decl, RSTART + 2, RLENGTH - 3)
	sub(/ *([(=[].*)?$/, "", decl)
	sub(/.*[ *]/, "", decl)
	return decl
}

function context()
{
	return contexts[level]
}

function enter(what)
{
	contexts[++level] = what
	code = ""
}

function open_brace()
{
	if (context() == "body")
		enter("body")
	else if (code ~ /^extern "C"/)
		enter("")
	else if (code ~ /\(/) {
		end_part("inline", declared(code))
		enter("body")
	} else if (context() == "") {
		outer = declared(code)
		end_part("type", outer)
		enter(code ~ /enum/ ? "enum" : "struct")
	} else
		enter(context())
}

function close_brace()
{
	if (context() == "enum" && code != "")
		end_part("enumerator", declared(code))
	is_behind_brace = context() == "struct" || context() == "enum"
	code = doc = ""
	level--
}

function end_declaration()
{
	if (context() == "struct" && !is_behind_brace)
		end_part("member", outer "." declared(code))
	else if (context() == "" && !is_behind_brace)
		end_part(code ~ /^typedef/ || code !~ /\(/ ? "type" : "function", declared(code))
	is_behind_brace = 0
	code = ""
}

function comment(words)
{
	if (substr(words, 1, 4) != "/**<") {
		if (code == "")
			doc = words
	} else if (code == "")
		said = said words
	else
		doc = words
}

function directive(line)
{
	# One without a value is for #ifdef only.
	if (sub(/^# *define +/, "", line) && match(line, /^[A-Za-z_0-9]+[( ]/))
		end_part("macro", substr(line, 1, RLENGTH - 1))
	doc = ""
}

function punctuation(c)
{
	nesting += (c == "(") - (c == ")")
	if (c == "{")
		open_brace()
	else if (c == "}")
		close_brace()
	else if (c == ";")
		end_declaration()
	else if (c == "," && context() == "enum" && !nesting) {
		end_part("enumerator", declared(code))
		code = ""
	} else
		code = code c
}

function take(nr,    taken)
{
	taken = substr(text, 1, nr)
	text = substr(text, nr + 1)
	return taken
}

{ text = text $0 "\n" }

END {
	while (text != "") {
		if (match(text, /^[ \t\n]+/)) {
			if (take(RLENGTH) ~ /\n[ \t]*\n/)
				doc = ""
			if (code != "")
				code = code " "
		} else if (text ~ /^\/\*/)
			comment(take(index(text, "*/") + 1))
		else if (code == "" && match(text, /^#([^\n\\]|\\\n|\\.)*/))
			directive(take(RLENGTH))
		else if (match(text, /^[A-Za-z_0-9]+/))
			code = code take(RLENGTH)
		else
			punctuation(take(1))
	}
	flush()
}
