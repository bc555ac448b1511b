"""Damaged data files of every form: one line that names the file, never a traceback."""

import gzip
import io
import pickle
import re
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from made_up import made_up
from test_data_files import cifar_files, write_archive, write_folder, write_idx

from ablation import data
from ablation.data.sources import cifar10
from ablation.errors import UserError

KEYS = ("x_train", "y_train", "x_test", "y_test")


def npy(array, version=(1, 0)):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def header(text):
    """A .npy file whose header is this text and which holds 100 bytes."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin1") + bytes(100)


def claims(shape, kind="|u1"):
    return header(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n")


MEMBERS = {
    "no magic": b"PNG" * 100,
    "empty": b"",
    "half a magic": b"\x93NUM",
    "version 9": b"\x93NUMPY\x09\x00" + bytes(50),
    "petabytes": claims("(1000000000000, 32, 32, 3)"),
    "more than 64 bits": claims("(99999999999999999999, 32, 32, 3)"),
    "negative": claims("(-1, 32, 32, 3)"),
    "a negative pair": claims("(-5, -5)"),
    "shape of text": claims("('a', 32)"),
    "header of code": header("__import__('os').system('true')\n"),
    "header of brackets": header("(" * 5000 + "\n"),
    "header of zeros": header("\0" * 64),
    "unknown type": claims("(2,)", "|Z9"),
    "void type": claims("(10,)", "|V10"),
    "objects": npy(np.array([1, "a", None], object)),
    "cut data": npy(np.zeros((120, 32, 32, 3), np.uint8))[:5000],
    "cut header": npy(np.zeros(3))[:20],
    "times": npy(np.zeros(120, "M8[s]")),
    "text": npy(np.full(120, "seven")),
    "complex": npy(np.zeros((120, 32, 32, 3), complex)),
    "records": npy(np.zeros(120, [("a", "u1"), ("b", "f4")])),
    "infinities": npy(np.full((120, 32, 32, 3), np.inf, np.float32)),
    "no axis": npy(np.uint8(3)),
    "many axes": npy(np.zeros((120, *[1] * 30), np.uint8)),
}


def npz(path, member, key="x_train", patch=lambda content: content):
    arrays = dict(zip(KEYS, made_up(cifar10.DATASET), strict=True))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", member if name == key else npy(array))
    path.write_bytes(patch(path.read_bytes()))


def every(signature, offset, value):
    """Overwrite two bytes in every local or central entry of a zip file."""

    def patch(content):
        content, start = bytearray(content), 0
        while (start := content.find(signature, start)) >= 0:
            content[start + offset : start + offset + 2] = struct.pack("<H", value)
            start += 4
        return bytes(content)

    return patch


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
ZIPS = {
    "encrypted": lambda c: every(LOCAL, 6, 1)(every(CENTRAL, 8, 1)(c)),
    "unknown compression": lambda c: every(LOCAL, 8, 77)(every(CENTRAL, 10, 77)(c)),
    "other compression": lambda c: every(LOCAL, 8, 14)(every(CENTRAL, 10, 14)(c)),
    "needs version 99": lambda c: every(LOCAL, 4, 990)(every(CENTRAL, 6, 990)(c)),
    "wrong checksum": lambda c: every(LOCAL, 14, 7)(every(CENTRAL, 16, 7)(c)),
    "sizes that lie": every(CENTRAL, 20, 7),
    "offsets that lie": every(CENTRAL, 44, 0x7FFF),
    "names that lie": every(LOCAL, 30, 0x4141),
    "no directory": lambda c: c[: c.find(CENTRAL)],
    "no beginning": lambda c: c[len(c) // 2 :],
    "text": lambda c: b"<html>404 not found</html>",
    "nothing": lambda c: b"",
    "zeros": lambda c: bytes(len(c)),
    "a pickle": lambda c: pickle.dumps({"x_train": 1}),
    "an empty zip": lambda c: b"PK\x05\x06" + bytes(18),
}


def link(name, target, kind):
    member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
    member.type, member.linkname = kind, target
    return member


TARS = {
    "dangling link": link("data_batch_3.bin", "nowhere", tarfile.SYMTYPE),
    "link to itself": link("data_batch_3.bin", "data_batch_3.bin", tarfile.SYMTYPE),
    "hard link to nothing": link("data_batch_3.bin", "cifar-10-batches-bin/none", tarfile.LNKTYPE),
    "hard link to itself": link("data_batch_3.bin", "cifar-10-batches-bin/data_batch_3.bin", tarfile.LNKTYPE),
    "link outside": link("data_batch_3.bin", "/etc/hostname", tarfile.SYMTYPE),
    "folder": link("data_batch_3.bin", "", tarfile.DIRTYPE),
    "pipe": link("data_batch_3.bin", "", tarfile.FIFOTYPE),
    "device": link("data_batch_3.bin", "", tarfile.CHRTYPE),
}


def archive(path, odd):
    files = cifar_files("cifar10", made_up(cifar10.DATASET), "binary")
    del files["data_batch_3.bin"]
    write_archive(path, "cifar-10-batches-bin", files)
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(odd)
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def raw_tar(size=b"77777777777", name=b"cifar-10-batches-bin/data_batch_1.bin"):
    """An archive of one member that claims a size, with a right checksum."""
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108], block[124 : 124 + len(size)], block[156:157] = b"0000644\0", size, b"0"
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return gzip.compress(bytes(block) + bytes(700))


GZIPS = {
    "claims eight gigabytes": raw_tar(),
    "claims exabytes": raw_tar(b"\x80" + bytes(3) + b"\x70" + bytes(7)),
    "negative size": raw_tar(b"\xff" * 12),
    "no tar": gzip.compress(b"hello" * 1000),
    "empty tar": gzip.compress(bytes(10240)),
    "no gzip": b"hello" * 1000,
    "nothing": b"",
    "cut gzip": raw_tar()[:-9],
    "bad gzip checksum": raw_tar()[:-8] + bytes(8),
    "gzip of other method": b"\x1f\x8b\x07" + bytes(100),
}
IDX = {
    "odd length": bytes([0, 0, 8, 3]) + b"\0\0\0",
    "one byte": b"\0",
    "empty": b"",
    "no multiple": bytes([0, 0, 8, 3]) + struct.pack(">3I", 120, 28, 28) + bytes(120 * 784 - 5),
    "too long": bytes([0, 0, 8, 3]) + struct.pack(">3I", 120, 28, 28) + bytes(120 * 784 + 5),
    "petabytes": bytes([0, 0, 8, 3]) + b"\xff" * 12,
    "no images": bytes([0, 0, 8, 3]) + struct.pack(">3I", 0, 28, 28),
    "floats": bytes([0, 0, 13, 3]) + struct.pack(">3I", 1, 28, 28) + bytes(784 * 4),
    "one axis": bytes([0, 0, 8, 1]) + struct.pack(">I", 120) + bytes(120),
    "text": b"not found\n",
}
PICKLES = {
    "empty": b"",
    "text": b"hello\n",
    "cut": pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [0, 1]}, 4)[:-300],
    "loop": b"\x80\x02]q\x00h\x00a.",
    "class": b"cbuiltins\neval\n(S'1'\ntR.",
    "system": b"cposix\nsystem\n(S'true'\ntR.",
    "next opcode unknown": b"\x80\x05\xff\xff\xff",
    "frame of exabytes": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(10),
    "bytes of exabytes": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(10),
    "memo": b"\x80\x02h\x07.",
    "deep": b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".",
    "out of band": pickle.dumps(np.zeros((2, 3072), np.uint8), 5, buffer_callback=lambda buffer: None),
    "objects": pickle.dumps({"data": np.array([None, 1], object), "labels": [0, 1]}, 2),
    "labels of text": pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": ["a", "b"]}, 2),
    "labels of lists": pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [[1], [1, 2]]}, 2),
    "shape that lies": pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [0, 1]}, 2).replace(
        b"K\x02M\x00\x0c", b"K\x03M\x00\x0c"
    ),
}
CASES = {
    **{("member", case): ("cifar10.npz", lambda p, c=c: npz(p, c)) for case, c in MEMBERS.items()},
    **{("labels", case): ("cifar10.npz", lambda p, c=c: npz(p, c, "y_test")) for case, c in MEMBERS.items()},
    **{
        ("zip", case): ("cifar10.npz", lambda p, c=c: npz(p, None, None, c)) for case, c in ZIPS.items()
    },
    **{("tar", case): ("cifar-10-binary.tar.gz", lambda p, c=c: archive(p, c)) for case, c in TARS.items()},
    **{("gzip", case): ("cifar-10-binary.tar.gz", lambda p, c=c: p.write_bytes(c)) for case, c in GZIPS.items()},
}  # fmt: skip


def says(name, folder, *named):
    with pytest.raises(UserError) as caught:
        data.load(name, data_dir=folder, val=20, may_download=False)
    message = str(caught.value)
    assert all(part in message for part in named), message
    assert len(message.replace(str(folder), "")) < 500


@pytest.mark.parametrize(("form", "case"), CASES)
def test_damaged_files_are_named(small, tmp_path, form, case):
    name, write = CASES[form, case]
    write(tmp_path / name)
    says("cifar10", tmp_path, name)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("case", IDX)
def test_damaged_idx_files_are_named(small, tmp_path, case, packed):
    folder = tmp_path / "fashion-mnist"
    write_idx(folder, made_up(small["fashion_mnist"]))
    file = folder / "train-images-idx3-ubyte.gz"
    file.write_bytes(gzip.compress(IDX[case]))
    if not packed:
        file.unlink()
        file.with_suffix("").write_bytes(IDX[case])
    says("fashion_mnist", tmp_path, "fashion-mnist" if case == "no images" else "train-images-idx3-ubyte")


@pytest.mark.parametrize("case", PICKLES)
def test_damaged_pickles_are_named(small, tmp_path, case):
    files = cifar_files("cifar10", made_up(small["cifar10"]), "python")
    write_folder(tmp_path / "cifar-10-batches-py", files | {"data_batch_4": PICKLES[case]})
    says("cifar10", tmp_path, "cifar-10-batches-py")


@pytest.mark.parametrize("name", ["cifar10.npz", "cifar-10-binary.tar.gz", "cifar-10-batches-bin"])
def test_a_pipe_is_no_data_file_and_is_not_waited_for(small, tmp_path, name):
    import os

    if name == "cifar-10-batches-bin":
        write_folder(tmp_path / name, cifar_files("cifar10", made_up(small["cifar10"]), "binary"))
        (tmp_path / name / "data_batch_2.bin").unlink()
        name = f"{name}/data_batch_2.bin"
    os.mkfifo(tmp_path / name)
    says("cifar10", tmp_path, name)


def test_a_folder_or_a_link_in_a_loop_in_place_of_a_file(small, tmp_path):
    (tmp_path / "cifar10.npz").mkdir()
    says("cifar10", tmp_path, "cifar10.npz")
    (tmp_path / "cifar10.npz").rmdir()
    (tmp_path / "cifar10.npz").symlink_to(tmp_path / "cifar10.npz")
    says("cifar10", tmp_path, "not at hand", "cifar10.npz")


@pytest.mark.slow
def test_bytes_changed_at_random_are_read_or_named(small, tmp_path):
    """Of 200 files with eight bytes changed each, every one loads or is one line."""
    random = np.random.default_rng(0)
    arrays = made_up(small["cifar10"])
    np.savez(tmp_path / "cifar10.npz", **dict(zip(KEYS, arrays, strict=True)))
    sound = (tmp_path / "cifar10.npz").read_bytes()
    heads = [found.start() for found in re.finditer(b"PK", sound)]
    for _ in range(200):
        content = bytearray(sound)
        for _ in range(8):
            at = int(random.choice(heads)) + int(random.integers(0, 180))
            content[min(at, len(content) - 1)] = int(random.integers(0, 256))
        (tmp_path / "cifar10.npz").write_bytes(bytes(content))
        try:
            data.load("cifar10", data_dir=tmp_path, val=20)
        except UserError as error:
            assert "cifar10.npz" in str(error)
