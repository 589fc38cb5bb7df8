# SPDX-License-Identifier: GPL-2.0-only
# What "readelf --debug-dump=info" says of the types of scxuser.h, a line each, after its line there:
#
#	size STRUCT BYTES		but of those that begin with "sz" and grow at their end
#	member STRUCT.MEMBER OFFSET BYTES TYPE		but for "reserved", which shrinks
#	enum NAME VALUE
#	typedef NAME TYPE
#	function NAME TYPE		of which there is a pointer, abi_NAME; these come last
#	hole STRUCT OFFSET		where a struct that may grow has one
#	bitfield STRUCT.MEMBER		whose place is the compiler's choice

/^ *Pointer Size:/ { pointer_size = $NF }

# An entry, as " <2><1095>: Abbrev Number: 22 (DW_TAG_enumerator)".
/^ *<[0-9a-f]+><[0-9a-f]+>: Abbrev Number: [0-9]+ \(DW_TAG_/ {
	split($1, part, /[<>]+/)
	id = part[3]
	ids[++nr_ids] = id
	tag[id] = substr($NF, length("(DW_TAG_") + 1)
	sub(/\)$/, "", tag[id])
	last_at[part[2]] = id
	parent = last_at[part[2] - 1]
	child[parent, ++nr_children[parent]] = id
}

# What is known of it, as "    <1095>   DW_AT_name        : (indirect string, offset: 0x1df): sz".
/^ *<[0-9a-f]+> +DW_AT_/ {
	what = substr($2, length("DW_AT_") + 1)
	sub(/:$/, "", what)
	sub(/^[^:]*: */, "")
	sub(/^\(.*offset: [^:]*: /, "")
	gsub(/^<0x|>$|[ \t]+$/, "")
	attr[id, what] = $0
}

function name(id)
{
	return attr[id, "name"]
}

function target(id)
{
	return attr[id, "type"]
}

# 0 for one that is open at its end.
function nr_elements(id,    n, i, dim)
{
	n = 1
	for (i = 1; i <= nr_children[id]; i++) {
		dim = child[id, i]
		n *= (dim, "upper_bound") in attr ? attr[dim, "upper_bound"] + 1 : attr[dim, "count"] + 0
	}
	return n
}

function size_of(id)
{
	if (tag[id] == "pointer_type")
		return pointer_size
	if ((id, "byte_size") in attr)
		return attr[id, "byte_size"]
	if (tag[id] == "array_type")
		return nr_elements(id) * size_of(target(id))
	return size_of(target(id))
}

function parameters(id,    i, list)
{
	for (i = 1; i <= nr_children[id]; i++)
		list = list (i > 1 ? ", " : "") \
			(tag[child[id, i]] == "formal_parameter" ? type_of(target(child[id, i])) : "...")
	return list
}

function type_of(id)
{
	if (id == "")
		return "void"
	if (tag[id] == "pointer_type")
		return type_of(target(id)) (tag[target(id)] == "pointer_type" ? "*" : " *")
	if (tag[id] == "const_type")
		return type_of(target(id)) " const"
	if (tag[id] == "array_type")
		return type_of(target(id)) "[" nr_elements(id) "]"
	if (tag[id] == "subroutine_type")
		return type_of(target(id)) " (" parameters(id) ")"
	if (match(tag[id], /^(struct|union|enum)/))
		return substr(tag[id], 1, RLENGTH) " " name(id)
	return name(id)
}

function say(what)
{
	print line "\t" what
}

function is_nameless_aggregate(id)
{
	return tag[id] ~ /^(structure|union)_type$/ && name(id) == ""
}

# The members of a struct without a name of its own are told as those of the one around it.
function say_members(id, prefix, base,    i, m, offset, size)
{
	for (i = 1; i <= nr_children[id]; i++) {
		m = child[id, i]
		if (tag[m] != "member")
			continue
		if ((m, "bit_size") in attr)
			say("bitfield " prefix name(m))
		offset = base + attr[m, "data_member_location"]
		if (offset > end) {
			if (may_grow)
				say("hole " struct " " end)
			end = offset
		}
		if (is_nameless_aggregate(target(m))) {
			say_members(target(m), prefix name(m) (name(m) == "" ? "" : "."), offset)
			continue
		}
		size = size_of(target(m))
		if (offset + size > end)
			end = offset + size
		if (name(m) !~ /^reserved/)
			say("member " prefix name(m) " " offset " " size " " type_of(target(m)))
	}
}

function has_room(id,    i)
{
	for (i = 1; i <= nr_children[id]; i++)
		if (name(child[id, i]) ~ /^reserved/)
			return 1
	return name(child[id, 1]) == "sz"
}

function say_struct(id)
{
	struct = name(id)
	may_grow = has_room(id)
	end = 0
	if (name(child[id, 1]) != "sz")
		say("size " struct " " size_of(id))
	say_members(id, struct ".", 0)
	if (may_grow && end < size_of(id))
		say("hole " struct " " end)
}

function say_enum(id,    i, e)
{
	for (i = 1; i <= nr_children[id]; i++) {
		e = child[id, i]
		if (name(e) ~ /^SCXU_/)
			say("enum " name(e) " " attr[e, "const_value"])
	}
}

function say_function(id)
{
	line += 1000000
	say("function " substr(name(id), length("abi_") + 1) " " type_of(target(target(id))))
}

END {
	for (i = 1; i <= nr_ids; i++) {
		id = ids[i]
		line = attr[id, "decl_line"]
		if (tag[id] == "enumeration_type")
			say_enum(id)
		else if (tag[id] == "variable")
			say_function(id)
		else if (tag[id] == "typedef" && name(id) ~ /^scxu_/)
			say("typedef " name(id) " " type_of(target(id)))
		else if (tag[id] ~ /^(structure|union)_type$/ && name(id) ~ /^scxu_/ && (id, "byte_size") in attr)
			say_struct(id)
	}
}
