"""A minimal reader and writer of the safetensors format: a length, a JSON header, the tensors' bytes."""

import json
import math
import struct

import numpy

_TYPES = {"F32": numpy.dtype("<f4"), "F64": numpy.dtype("<f8"), "I32": numpy.dtype("<i4"), "I64": numpy.dtype("<i8")}


def read(path):
    """The tensors of a file, by name, in the file's order."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 8:
        raise ValueError(f"{path}: {len(data)} bytes are too few for a safetensors file")
    (length,) = struct.unpack_from("<Q", data)
    start = 8 + length
    if start > len(data):
        raise ValueError(f"{path}: the header claims {length} bytes, the file has {len(data)}")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in _TYPES:
            raise ValueError(f"{path}: tensor '{name}' has type {entry['dtype']}; known are {', '.join(_TYPES)}")
        element, shape = _TYPES[entry["dtype"]], entry["shape"]
        first, last = entry["data_offsets"]
        if last - first != math.prod(shape) * element.itemsize or start + last > len(data):
            raise ValueError(f"{path}: tensor '{name}' of shape {shape} does not fit bytes {first} to {last}")
        tensors[name] = numpy.frombuffer(data, element, math.prod(shape), start + first).reshape(shape)
    return tensors


def write(path, tensors):
    header, blocks, offset = {}, [], 0
    names = {element: name for name, element in _TYPES.items()}
    for name, tensor in tensors.items():
        block = numpy.ascontiguousarray(tensor).tobytes()
        header[name] = {
            "dtype": names[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(block)],
        }
        blocks.append(block)
        offset += len(block)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blocks))
