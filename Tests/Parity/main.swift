// Computes what `parity.py`, `layers.py`, `losses.py`, `training.py` and `pooling.py` have PyTorch, scikit-learn, ONNX and scikit-image
// compute as well, `calculus.py` JAX, `integrals.py` SciPy and JAX, `minimization.py` SciPy, and `control.py` Gymnasium. All numbers
// travel as raw float64 or int64 in files of one folder.
//
//   Parity [calculus | control | integrals | layers | losses | minimization | pooling | training] FOLDER

import Foundation
import Leibniz

/// Arrays as files.
struct Exchange {
    let folder: URL

    func read(_ name: String, _ shape: Shape, _ type: ElementType) throws -> Tensor {
        let data = try Data(contentsOf: folder.appendingPathComponent(name))
        return try data.withUnsafeBytes { Tensor(bytes: $0, shape: shape, type) }.evaluated()
    }

    func write(_ name: String, _ tensor: Tensor) throws {
        let data = try tensor.cast(to: .float64).withUnsafeBytes { Data($0) }
        try data.write(to: folder.appendingPathComponent(name))
    }
}

let batch = 16, steps = 20
let optimizers: [(name: String, make: (ConvNet) -> any Optimizer)] = [
    ("SGD", { SGD($0, learningRate: 0.05) }),
    ("SGD-momentum", { SGD($0, learningRate: 0.02, momentum: 0.9, dampening: 0.1) }),
    ("SGD-Nesterov", { SGD($0, learningRate: 0.02, momentum: 0.9, nesterov: true, weightDecay: 0.01) }),
    ("Adam", { Adam($0, learningRate: 0.002, weightDecay: 0.01) }),
    ("AdamW", { AdamW($0, learningRate: 0.002, weightDecay: 0.05) }),
]

let parts: [String: (Exchange) throws -> Void] = [
    "calculus": CalculusParity.compute, "control": ControlParity.compute, "integrals": IntegralParity.compute,
    "layers": LayerParity.compute, "losses": LossParity.compute, "minimization": MinimizationParity.compute,
    "pooling": PoolingParity.compute, "training": TrainingParity.compute,
]
let part = CommandLine.arguments.count == 3 ? parts[CommandLine.arguments[1]] : nil
guard let folder = CommandLine.arguments.last, part != nil || CommandLine.arguments.count == 2 else {
    FileHandle.standardError.write(
        Data("usage: Parity [\(parts.keys.sorted().joined(separator: " | "))] FOLDER\n".utf8))
    exit(64)
}
let exchange = Exchange(folder: URL(fileURLWithPath: folder, isDirectory: true))
if let part {
    try part(exchange)
    exit(0)
}
let labels = try exchange.read("labels", [batch], .int64)

for type in [ElementType.float32, .float64] {
    let images = try exchange.read("images", [batch, 1, 32, 32], .float64).cast(to: type)
    /// A network with the weights that PyTorch drew.
    func network() throws -> ConvNet {
        let model = withElementType(type) { ConvNet() }
        for (path, parameter) in model.namedParameters {
            parameter.value = try exchange.read("weights.\(path)", parameter.shape, .float64).cast(to: type)
        }
        return model
    }

    let model = try network()
    let logits = model(images), loss = crossEntropy(logits, labels)
    try exchange.write("\(type).logits", logits)
    try exchange.write("\(type).loss", loss)
    for (path, _, gradient) in try gradients(of: loss, model).entries {
        try exchange.write("\(type).gradient.\(path)", gradient)
    }
    for (name, make) in optimizers {
        let model = try network()
        let optimizer = make(model)
        var losses: [Double] = []
        for _ in 1...steps {
            let loss = crossEntropy(model(images), labels)
            try optimizer.minimize(loss)
            losses.append(try loss.item())
        }
        try exchange.write("\(type).\(name).losses", Tensor(losses, .float64))
        for (path, parameter) in model.namedParameters {
            try exchange.write("\(type).\(name).\(path)", parameter.value)
        }
    }
}

// Our own first weights, for PyTorch to load under our names.
for (path, parameter) in withSeed(1, { ConvNet() }).namedParameters {
    try exchange.write("ours.\(path)", parameter.value)
}
