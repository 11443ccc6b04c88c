"""Compares Leibniz's file formats and spectra with those of the packages that own them.

    python formats.py EXECUTABLE FOLDER

NumPy, safetensors, PyTorch, soundfile, Pillow, TensorBoard, librosa and SciPy write files; the executable
(Tests/FormatParity/main.swift) reads them and writes others, which the packages read. Ends with status 1 where anything differs.
"""

import csv
import io
import json
import pathlib
import shutil
import subprocess
import sys

import librosa
import numpy as np
import scipy.signal
import soundfile
import torch
from PIL import Image
from safetensors.numpy import load_file, save_file
from safetensors.torch import load_file as load_torch, save_file as save_torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util
from torch import nn
from torch.nn import functional as F

KINDS = "b1 i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8".split()
RATE = 8000


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def main(executable, folder):
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    shutil.rmtree(folder, ignore_errors=True)
    source, result = folder / "in", folder / "out"
    source.mkdir(parents=True), result.mkdir()
    failures, checks = [], 0

    def check(what, holds):
        nonlocal checks
        checks += 1
        if not holds:
            failures.append(what)

    def close(what, a, b, limit):
        a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        check(f"{what}: {a.shape} and {b.shape}", a.shape == b.shape)
        if a.shape == b.shape:
            error = np.abs(a - b).max() / max(1e-300, np.abs(b).max())
            check(f"{what}: {error:.1e} > {limit:.0e}", error <= limit)

    # What the executable reads.
    arrays = {}
    for kind in KINDS:
        for shape in [(), (0,), (3,), (2, 3, 4)]:
            numbers = rng.integers(0, 2 if kind == "b1" else 100, shape)
            for order in "CF":
                for endian in "<>":
                    name = f"{kind}-{'x'.join(map(str, shape))}-{order}-{'little' if endian == '<' else 'big'}"
                    arrays[name] = np.array(numbers, endian + kind, order=order)
                    np.save(source / f"{name}.npy", arrays[name])
    np.savez(source / "stored.npz", a=np.arange(5), b=np.eye(3))
    np.savez_compressed(source / "deflated.npz", a=np.arange(5000), b=np.zeros((30, 30), "f4"))
    tensors = {
        str(t).removeprefix("torch."): torch.arange(6).reshape(2, 3).to(t)
        for t in (torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16,
                  torch.float32, torch.float64)
    }
    save_torch(tensors, source / "tensors.safetensors", metadata={"format": "pt"})
    net = ConvNet()
    save_torch(net.state_dict(), source / "model.safetensors")
    images = torch.randn(4, 1, 32, 32)
    np.save(source / "images.npy", images.numpy())
    signal = rng.standard_normal(2000)
    np.save(source / "signal.npy", signal)
    sound = np.round(rng.uniform(-1, 1, (200, 2)) * 64) / 128
    subtypes = {"PCM_U8": "WAV", "PCM_16": "WAV", "PCM_24": "WAV", "PCM_32": "WAV", "FLOAT": "WAV", "DOUBLE": "WAV"}
    for subtype in subtypes:
        soundfile.write(source / f"{subtype}.wav", sound, RATE, subtype, format="WAV")
        soundfile.write(source / f"{subtype}-extensible.wav", sound, RATE, subtype, format="WAVEX")
        soundfile.write(source / f"{subtype}-large.wav", sound, RATE, subtype, format="RF64")
    pixels = rng.integers(0, 255, (5, 7, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(source / "picture.png")
    for name, options in {"a": {}, "b": {"progressive": True}, "c": {"subsampling": 0, "quality": 95}}.items():
        Image.fromarray(rng.integers(0, 255, (33, 41, 3)).astype(np.uint8)).save(source / f"{name}.jpg", **options)
    Image.fromarray(rng.integers(0, 255, (33, 41)).astype(np.uint8)).save(source / "grey.jpg")
    texts = ["plain", "with, comma", 'with "quotes"', "two\nlines", "ä"]
    with open(source / "table.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["integer", "real", "text"])
        for place, text in enumerate(texts):
            writer.writerow([place, "" if place == 2 else repr(place / 7), text])

    subprocess.run([executable, folder], check=True)

    # What it wrote.
    ours = np.load(result / "arrays.npz")
    for name, array in arrays.items():
        check(f"npy {name}", np.array_equal(ours[name], array.astype(ours[name].dtype)) and ours[name].shape == array.shape)
    for name in ("stored", "deflated"):
        for variant in ("", "-large"):
            a, b = np.load(source / f"{name}.npz"), np.load(result / f"{name}{variant}.npz")
            check(f"npz {name}{variant}", set(a) == set(b) and all(np.array_equal(a[k], b[k]) and a[k].dtype == b[k].dtype for k in a))
    for order in ("rowMajor", "columnMajor"):
        for endian in ("little", "big"):
            array = np.load(result / f"{order}-{endian}.npy")
            check(f"npy {order} {endian}", np.array_equal(array, np.arange(24.0).reshape(2, 3, 4)))
            check(f"npy {order} {endian}: layout", array.flags.f_contiguous == (order == "columnMajor"))
    back = load_torch(result / "tensors.safetensors")
    for name, tensor in tensors.items():
        check(f"safetensors {name}", torch.equal(back[name].double(), tensor.double()))
    check("safetensors metadata", load_file(result / "tensors.safetensors").keys() == tensors.keys())
    other = ConvNet()
    other.load_state_dict(load_torch(result / "model.safetensors"), strict=True)
    check("weights", all(torch.equal(a, b) for a, b in zip(net.state_dict().values(), other.state_dict().values())))
    close("logits", np.load(result / "logits.npy"), net(images).detach().numpy(), 1e-5)

    for subtype in subtypes:
        for variant in ("", "-extensible", "-large"):
            read = soundfile.read(source / f"{subtype}{variant}.wav", dtype="float32")[0]
            close(f"wav {subtype}{variant}", np.load(result / f"{subtype}{variant}.wav.npy"), read.T, 0)
    for path in result.glob("*-*.wav"):
        read, rate = soundfile.read(path)
        check(f"wav {path.name}: rate", rate == RATE)
        close(f"wav {path.name}", read, sound, 0)
        container = {"riff": "WAV", "extensible": "WAVEX", "rf64": "RF64"}[path.stem.split("-")[1]]
        check(f"wav {path.name}: {soundfile.info(path).format}", soundfile.info(path).format == container)
    for path in source.glob("*.jpg"):
        reference = np.asarray(Image.open(path))
        reference = reference[None] if reference.ndim == 2 else reference.transpose(2, 0, 1)
        check(f"jpg {path.stem}", np.array_equal(np.load(result / f"{path.stem}.jpg.npy"), reference))
    table = np.load(result / "table.npy")
    check("csv numbers", np.array_equal(table, [[p, -1 if p == 2 else p / 7] for p in range(5)]))
    check("csv texts", json.loads((result / "table.json").read_text()) == texts)
    compare_events(result / "run", signal, pixels, source, check, close)
    compare_training(result / "training", check, close)
    compare_spectra(np.load(result / "spectra.npz"), signal, close)

    for failure in failures:
        print("differs:", failure)
    print(f"{checks} checks, {len(failures)} differences")
    return 1 if failures else 0


def compare_events(run, signal, pixels, source, check, close):
    events = EventAccumulator(str(run), size_guidance={"scalars": 0, "histograms": 0, "images": 0, "tensors": 0})
    events.Reload()
    tags = events.Tags()
    check(f"tags {tags}", "loss/training" in tags["scalars"] and tags["histograms"] == ["weights"] and set(tags["images"]) == {"picture", "pixels"})
    points = events.Scalars("loss/training")
    check("steps of scalars", [p.step for p in points] == list(range(300)))
    check("scalars", [p.value for p in points] == [float(np.float32(1 / (s + 1))) for s in range(300)])
    check("metric", events.Scalars("accuracy")[0].value == 0.75)
    histogram = events.Histograms("weights")[0]
    counts, edges = np.histogram(signal, 16)
    value = histogram.histogram_value
    check("step of the histogram", histogram.step == 3 and value.num == len(signal))
    check("histogram counts", list(value.bucket) == list(counts))
    close("histogram edges", value.bucket_limit, edges[1:], 1e-14)
    close("histogram sums", [value.min, value.max, value.sum, value.sum_squares],
          [signal.min(), signal.max(), signal.sum(), (signal**2).sum()], 1e-12)
    image = events.Images("picture")[0]
    check("image", (image.height, image.width, image.step) == (5, 7, 2)
          and image.encoded_image_string == (source / "picture.png").read_bytes())
    image = events.Images("pixels")[0]
    decoded = np.asarray(Image.open(io.BytesIO(image.encoded_image_string)))
    check("pixels", image.step == 4 and np.array_equal(decoded, pixels))
    check("text", tensor_util.make_ndarray(events.Tensors("note")[0].tensor_proto)[0].decode() == "**ä** text")
    nodes = {node.name: (node.op, list(node.input)) for node in events.Graph().node}
    check("graph", nodes == {"net/x": ("argument", []), "net/weight": ("variable", []),
                             "net/product": ("matmul", ["net/x", "net/weight"])})
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    settings = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    check("settings", settings["rate"].number_value == 0.1 and settings["name"].string_value == "adam"
          and settings["nesterov"].bool_value)
    content = events.SummaryMetadata("_hparams_/experiment").plugin_data.content
    experiment = plugin_data_pb2.HParamsPluginData.FromString(content).experiment
    check("experiment", [m.name.tag for m in experiment.metric_infos] == ["accuracy"]
          and [(h.name, h.type) for h in experiment.hparam_infos] == [("name", 1), ("nesterov", 2), ("rate", 3)])


def compare_training(run, check, close):
    """Every scalar, histogram and picture of a training, against the plain files beside its event file."""
    events = EventAccumulator(str(run), size_guidance={"scalars": 0, "histograms": 0, "images": 0})
    events.Reload()
    tags = events.Tags()
    curves = {}
    for line in (run / "log.jsonl").read_text().splitlines():
        record = json.loads(line)
        step = record.pop("step")
        for name, value in record.items():
            curves.setdefault(name, []).append((step, float(np.float32(value))))
    check(f"curves {sorted(curves)}", set(curves) == {
        "loss/batch", "learning_rate", "gradient_norm", "loss/training", "loss/validation", "mae/validation"})
    check(f"tags of curves {tags['scalars']}", set(tags["scalars"]) == set(curves))
    for name, points in curves.items():
        check(f"curve {name}", [(p.step, p.value) for p in events.Scalars(name)] == points)
        check(f"length of {name}", len(points) == (5 if name.endswith(("/training", "/validation")) else 13))
    weights = sorted({path.name.rpartition("-")[0] for path in run.glob("*.npy")})
    check(f"histograms {tags['histograms']}", sorted(tags["histograms"]) == weights and len(weights) == 4)
    for name in weights:
        found = events.Histograms(name)
        check(f"steps of {name}", [h.step for h in found] == [8, 16, 24, 32, 40])
        for histogram in found:
            numbers = np.load(run / f"{name}-{histogram.step}.npy").astype(np.float64)
            value, what = histogram.histogram_value, f"histogram {name} at {histogram.step}"
            counts, edges = np.histogram(numbers, max(1, len(value.bucket)))
            check(f"{what}: counts", list(value.bucket) == list(counts) and value.num == numbers.size)
            if numbers.min() < numbers.max():
                close(f"{what}: limits", value.bucket_limit, edges[1:], 1e-12)
            close(f"{what}: sums", [value.min, value.max, value.sum, value.sum_squares],
                  [numbers.min(), numbers.max(), numbers.sum(), (numbers**2).sum()], 1e-12)
    pictures = [name for name in weights if name.endswith("weight")]
    check(f"images {tags['images']}", sorted(tags["images"]) == pictures)
    for name in pictures:
        found = events.Images(name)
        check(f"steps of pictures {name}", [i.step for i in found] == [8, 16, 24, 32, 40])
        for image in found:
            path = run / f"{name}-{image.step}.png"
            decoded = np.asarray(Image.open(io.BytesIO(image.encoded_image_string)))
            check(f"picture {path.name}", np.array_equal(decoded, np.asarray(Image.open(path)))
                  and decoded.shape[:2] == (image.height, image.width)
                  and decoded.shape[:2] == np.load(path.with_suffix(".npy")).shape)


def compare_spectra(ours, signal, close):
    x = torch.tensor(signal)
    for padding in ("constant", "reflect", "replicate", "circular"):
        for size, hop in ((64, 16), (50, 13)):
            for normalized, onesided in ((False, True), (True, False)):
                window = torch.hann_window(size - 10, dtype=torch.float64)
                options = dict(n_fft=size, hop_length=hop, win_length=size - 10, window=window, normalized=normalized, onesided=onesided)
                spectrum = torch.stft(x, pad_mode=padding, return_complex=True, **options)
                name = f"{padding}-{size}-{hop}-{str(normalized).lower()}-{str(onesided).lower()}"
                close(f"stft {name} real", ours[f"stft-{name}.real"], spectrum.real, 1e-12)
                close(f"stft {name} imaginary", ours[f"stft-{name}.imaginary"], spectrum.imag, 1e-12)
                back = torch.istft(spectrum, return_complex=False, **options)
                close(f"istft {name}", ours[f"istft-{name}"], back, 1e-11)
    plain = torch.stft(x, 64, 20, window=torch.hann_window(64, dtype=torch.float64), center=False, return_complex=True)
    close("stft plain real", ours["stft-plain.real"], plain.real, 1e-12)
    close("stft plain imaginary", ours["stft-plain.imaginary"], plain.imag, 1e-12)
    for name in ("hann", "hamming", "blackman", ("kaiser", 8.6)):
        label = name if isinstance(name, str) else name[0]
        close(f"window {label} periodic", ours[f"window-{label}-periodic"], scipy.signal.get_window(name, 33), 1e-14)
        close(f"window {label} symmetric", ours[f"window-{label}-symmetric"], scipy.signal.get_window(name, 33, False), 1e-14)
    power = np.abs(librosa.stft(signal, n_fft=256, hop_length=64, pad_mode="constant")) ** 2
    for scale in ("htk", "slaney"):
        for normalized in (True, False):
            filters = librosa.filters.mel(sr=RATE, n_fft=256, n_mels=20, fmin=50, fmax=3800, htk=scale == "htk",
                                          norm="slaney" if normalized else None, dtype=np.float64)
            name = f"{scale}-{str(normalized).lower()}"
            close(f"filters {name}", ours[f"filters-{name}"], filters, 1e-13)
            close(f"mel {name}", ours[f"mel-{name}"], filters @ power, 1e-12)
    mel = librosa.filters.mel(sr=RATE, n_fft=256, n_mels=40, dtype=np.float64) @ power
    levels = librosa.power_to_db(mel, ref=1.0)
    close("decibels", ours["decibels"], levels, 1e-12)
    close("mfcc", ours["mfcc"], librosa.feature.mfcc(S=levels, n_mfcc=13), 1e-12)
    for up, down in ((2, 1), (1, 2), (3, 2), (2, 5), (160, 147)):
        close(f"resampled {up}/{down}", ours[f"resampled-{up}-{down}"], scipy.signal.resample_poly(signal, up, down), 1e-12)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
