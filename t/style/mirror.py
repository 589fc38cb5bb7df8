# SPDX-License-Identifier: GPL-2.0-only
"""mirror.py PROGRAM RECORD - prints where a ctypes program sees the ABI otherwise than RECORD does."""

import ctypes
import importlib.util
import re
import sys

NAMES = {
    None: "void", ctypes.c_bool: "_Bool", ctypes.c_int: "int", ctypes.c_uint: "unsigned int",
    ctypes.c_long: "long", ctypes.c_ulong: "unsigned long", ctypes.c_char: "char",
    ctypes.c_char_p: "char *", ctypes.c_void_p: "void *",
}
# What ctypes cannot tell apart, on 64 bits.
SAME = {
    "pid_t": "int", "int32_t": "int", "uint32_t": "unsigned int", "int64_t": "long",
    "uint64_t": "unsigned long", "size_t": "unsigned long", "struct scxu ": "void ",
}


def read_record(path):
    record = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                kind, name, rest = line.rstrip("\n").split(" ", 2)
                record[kind, name] = rest
    return record


def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def c_name(kind):
    """A type as the record has it, but for SAME and spaces."""
    if kind in NAMES:
        return NAMES[kind]
    if issubclass(kind, ctypes.Structure):
        return "struct " + kind.__name__
    if issubclass(kind, ctypes.Array):
        return f"{c_name(kind._type_)}[{kind._length_}]"
    if issubclass(kind, ctypes._Pointer):
        return c_name(kind._type_) + " *"
    args = ", ".join(c_name(arg) for arg in kind._argtypes_)
    return f"{c_name(kind._restype_)} ({args}) *"


def plain(words, typedefs):
    for name, same in {**SAME, **typedefs}.items():
        words = re.sub(rf"\b{name}", same, words)
    return re.sub(r" ([*(])", r"\1", words).replace(" const", "")


def seen(module):
    """Lines as those of the record, for all that the program names."""
    for name, (result, *args) in module.FUNCTIONS.items():
        yield "function", name, f"{c_name(result)} ({', '.join(c_name(arg) for arg in args)})"
    for name, value in vars(module).items():
        if name.startswith("SCXU_"):
            yield "enum", name, str(value)
        elif hasattr(value, "_fields_"):
            if value._fields_[0][0] != "sz":
                yield "size", name, str(ctypes.sizeof(value))
            for member, kind in value._fields_:
                at = getattr(value, member)
                if not member.startswith("reserved"):
                    yield "member", f"{name}.{member}", f"{at.offset} {at.size} {c_name(kind)}"


def main(program, record_path):
    record = read_record(record_path)
    typedefs = {name: rest for (kind, name), rest in record.items() if kind == "typedef"}
    nr = 0
    for kind, name, here in seen(load(program)):
        nr += 1
        there = record.get((kind, name)) or record.get(("macro", name), "(nowhere)").strip("()")
        if plain(here, typedefs) != plain(there, typedefs):
            print(f"{kind} {name}: here {here}, recorded {there}")
    print(f"{nr} compared", file=sys.stderr)


sys.dont_write_bytecode = True
main(*sys.argv[1:])
