// Reads what `formats.py` had Python's own packages write, and writes what they then read: arrays, tensors, sound, tables, event files,
// spectra.
//
//   FormatParity FOLDER

import Foundation
import Leibniz

guard CommandLine.arguments.count == 2 else {
    FileHandle.standardError.write(Data("usage: FormatParity FOLDER\n".utf8))
    exit(64)
}
let folder = CommandLine.arguments[1]

func files(_ suffix: String) throws -> [(name: String, path: String)] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/in").filter { $0.hasSuffix(suffix) }.sorted()
        .map { (String($0.dropLast(suffix.count)), "\(folder)/in/\($0)") }
}

// NumPy's arrays, in every order.
var arrays: [String: Tensor] = [:]
for (name, path) in try files(".npy") { arrays[name] = try NPY.read(path) }
try NPZ.write(arrays, to: "\(folder)/out/arrays.npz", compressed: true)
for (name, path) in try files(".npz") {
    try NPZ.write(NPZ.read(path), to: "\(folder)/out/\(name).npz")
    try NPZ.write(NPZ.read(path), to: "\(folder)/out/\(name)-large.npz", compressed: true, largeFrom: 0)
}
for order in NPY.Order.allCases {
    for byteOrder in NPY.ByteOrder.allCases {
        try NPY.write(
            Tensor((0..<24).map(Double.init), shape: [2, 3, 4], .float64),
            to: "\(folder)/out/\(order)-\(byteOrder).npy",
            order: order, byteOrder: byteOrder)
    }
}

// safetensors, and a model's weights both ways.
try Safetensors.write(
    Safetensors.read("\(folder)/in/tensors.safetensors"), metadata: ["a": "ä"], to: "\(folder)/out/tensors.safetensors")
let model = ConvNet()
try model.loadParameters(from: "\(folder)/in/model.safetensors")
try NPY.write(model(NPY.read("\(folder)/in/images.npy")), to: "\(folder)/out/logits.npy")
try model.saveParameters(to: "\(folder)/out/model.safetensors")

// Sound.
for (name, path) in try files(".wav") {
    let sound = try WAV.read(path)
    try NPY.write(sound.tensor, to: "\(folder)/out/\(name).wav.npy")
    for format in WAV.Format.allCases {
        for container in WAV.Container.allCases where name == "FLOAT" {
            try WAV.write(sound, to: "\(folder)/out/\(format)-\(container).wav", format: format, container: container)
        }
    }
}

// Pictures.
for (name, path) in try files(".jpg") { try NPY.write(JPEG.read(path), to: "\(folder)/out/\(name).jpg.npy") }

// A table.
let table = try Table(path: "\(folder)/in/table.csv")
try NPY.write(
    table.tensor(["integer", "real"], missing: .value(-1), .float64), to: "\(folder)/out/table.npy")
try TextFile.write(
    JSONValue.array(try table["text"].texts.map(JSONValue.text)).description, to: "\(folder)/out/table.json")

// An event file.
let log = try EventWriter(folder: "\(folder)/out/run")
for step in 0..<300 { try log.scalar("loss/training", 1 / Double(step + 1), step: step) }
try log.histogram("weights", NPY.read("\(folder)/in/signal.npy"), bins: 16, step: 3)
try log.text("note", "**ä** text", step: 1)
let pixels = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/in/picture.png"))
try log.image("picture", encoded: Array(pixels), height: 5, width: 7, channels: 3, step: 2)
try log.image("pixels", PNGImage(contentsOf: "\(folder)/in/picture.png"), step: 4)
try log.graph(
    EventGraph([
        .init("net/x", operation: "argument"), .init("net/weight", operation: "variable"),
        .init("net/product", operation: "matmul", inputs: ["net/x", "net/weight"]),
    ]))
try log.settings(
    ["rate": .real(0.1), "name": .text("adam"), "nesterov": .flag(true)], metrics: ["accuracy": 0.75])
try log.sync()

// The logs of a training, with histograms of all weights and pictures of one at every pass.
try TrainingLogParity(folder: "\(folder)/out/training").run()

// Spectra.
try SpectraParity(signal: NPY.read("\(folder)/in/signal.npy")).write(to: "\(folder)/out/spectra.npz")
