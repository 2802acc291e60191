"""Records main.tf as Terraform writes it: `python3 record.py > values.txt`, with Terraform on PATH.

A saved plan is a zip archive, and in it tfplan is a protobuf message (internal/plans/planproto/planfile.proto in Terraform's
repository). Field 4 has the outputs; the last value of each is the one after the apply.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile


def varint(data, place):
    value, shift = 0, 0
    while True:
        byte = data[place]
        place, value, shift = place + 1, value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, place


def fields(data, wanted):
    """The values of one field of a message."""
    place = 0
    while place < len(data):
        tag, place = varint(data, place)
        if tag & 7 == 0:
            value, place = varint(data, place)
        else:
            assert tag & 7 == 2, "a plan has numbers and messages only"
            length, place = varint(data, place)
            value, place = data[place : place + length], place + length
        if tag >> 3 == wanted:
            yield value


def main():
    here = pathlib.Path(__file__).parent
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(here / "main.tf", scratch)
        for command in (["init"], ["plan", "-out=saved"]):
            subprocess.run(["terraform", *command], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        version = subprocess.run(["terraform", "version"], capture_output=True, text=True, check=True)
        plan = zipfile.ZipFile(pathlib.Path(scratch) / "saved").read("tfplan")
    lines = []
    for output in fields(plan, 4):
        (name,), (change,) = fields(output, 1), fields(output, 2)
        after = list(fields(change, 2))[-1]
        (value,) = fields(after, 1)
        lines.append(f"{name.decode()} {value.hex()}")
    print("\n".join([f"# {version.stdout.splitlines()[0]}", *sorted(lines)]))


sys.exit(main())
