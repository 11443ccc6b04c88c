import Foundation
import Leibniz

/// What `pooling.py` has PyTorch, ONNX's reference and scikit-image compute as well.
enum PoolingParity {
    /// Windows under the names that `pooling.py` gives them.
    private struct Setting {
        let name: String
        let size: [Int]
        let stride: [Int]
        var padding = [0]
        var dilation = [1]
        var ceilMode = false
    }

    private static let lines = [
        Setting(name: "1d", size: [3], stride: [2]),
        Setting(name: "1d-ceil", size: [4], stride: [3], padding: [1], ceilMode: true),
        Setting(name: "1d-dilated", size: [3], stride: [1], padding: [1], dilation: [3]),
    ]
    private static let planes = [
        Setting(name: "2d", size: [2, 2], stride: [2, 2]),
        Setting(name: "2d-overlap", size: [3, 2], stride: [1, 2], padding: [1, 1]),
        Setting(name: "2d-ceil", size: [3, 3], stride: [2, 2], padding: [1, 0], ceilMode: true),
        Setting(name: "2d-dilated", size: [2, 3], stride: [2, 1], padding: [1, 1], dilation: [3, 2]),
        Setting(name: "2d-large", size: [9, 9], stride: [1, 1], padding: [4, 4]),
    ]
    private static let volumes = [
        Setting(name: "3d", size: [2, 2, 2], stride: [2, 2, 2]),
        Setting(name: "3d-ceil", size: [2, 3, 2], stride: [2, 2, 1], padding: [1, 1, 0], ceilMode: true),
    ]

    static func compute(_ exchange: Exchange) throws {
        let signal = try exchange.read("x1", [2, 3, 23], .float64),
            image = try exchange.read("x2", [2, 3, 17, 14], .float64)
        let volume = try exchange.read("x3", [2, 2, 9, 8, 7], .float64)
        try windows(PoolingLine.self, lines, signal, exchange)
        try windows(PoolingPlane.self, planes, image, exchange)
        try windows(PoolingVolume.self, volumes, volume, exchange)
        for (name, x, outputs) in [
            ("1d", signal, [5]), ("2d", image, [5, 7]), ("2d-even", image, [17, 7]), ("2d-more", image, [20, 3]),
            ("3d", volume, [4, 3, 2]),
        ] as [(String, Tensor, [Int])] {
            try write("adaptive-average.\(name)", AdaptivePool(.average, outputs), x, exchange)
            let (values, indices) = AdaptivePool(.maximum, outputs).withIndices(x)
            try exchange.write("adaptive-max.\(name).value", values)
            try exchange.write("adaptive-max.\(name).indices", indices)
        }
        // PyTorch's samples name columns before rows.
        let samples = try exchange.read("samples2", [2, 3, 2], .float64)
        let fractional = FractionalPool([2, 3], outputs: [7, 5])
        let (values, indices) = fractional.withIndices(image, samples: samples.flipped([2]))
        try exchange.write("fractional.2d.value", values)
        try exchange.write("fractional.2d.indices", indices)
        let solid = try exchange.read("samples3", [2, 2, 3], .float64)
        let deep = FractionalPool([2, 2, 3], outputs: [5, 4, 3]).withIndices(volume, samples: solid)
        try exchange.write("fractional.3d.value", deep.values)
        try exchange.write("fractional.3d.indices", deep.indices)
        try integralImage(image, exchange)
    }

    /// The layer's result and the gradient of the sum of its squares.
    private static func write(_ name: String, _ layer: some Layer, _ x: Tensor, _ exchange: Exchange) throws {
        try exchange.write("\(name).value", layer(x))
        try exchange.write("\(name).gradient", gradient(of: { sum(layer($0) * layer($0)) })(x))
    }

    private static func windows<Space: PoolingSpace>(
        _ space: Space.Type, _ settings: [Setting], _ x: Tensor, _ exchange: Exchange
    ) throws {
        for s in settings {
            let maximum = MaxPool<Space>(
                s.size, stride: s.stride, padding: s.padding, dilation: s.dilation, ceilMode: s.ceilMode)
            try write("max.\(s.name)", maximum, x, exchange)
            let (values, indices) = maximum.withIndices(x)
            try exchange.write("max.\(s.name).indices", indices)
            if s.dilation == [1] {
                let back = MaxUnpool<Space>(s.size, stride: s.stride, padding: s.padding)
                let extents = Array(x.shape.extents.suffix(Space.rank))
                try exchange.write("unpool.\(s.name).value", back(values, indices, outputExtents: extents))
                for (name, countsPadding) in [("counted", true), ("uncounted", false)] {
                    let average = AveragePool<Space>(
                        s.size, stride: s.stride, padding: s.padding, ceilMode: s.ceilMode, countsPadding: countsPadding
                    )
                    try write("average-\(name).\(s.name)", average, x, exchange)
                }
                for p in [1.0, 2, 3, 4.5] {
                    let own = LpPool<Space>(p, s.size, stride: s.stride, ceilMode: s.ceilMode, convention: .signedSum)
                    try write("signed-\(p).\(s.name)", own, abs(x), exchange)
                    try exchange.write("signed-\(p).\(s.name).signed", own(x))
                }
            }
            for p in [1.0, 2, 3, 7] {
                let own = LpPool<Space>(
                    p, s.size, stride: s.stride, padding: s.padding, dilation: s.dilation, ceilMode: s.ceilMode,
                    convention: .sum)
                try exchange.write("onnx-\(p).\(s.name).value", own(x))
            }
        }
    }

    /// Sums over random boxes of whole pixels.
    private static func integralImage(_ image: Tensor, _ exchange: Exchange) throws {
        let boxes = try exchange.read("boxes", [40, 4], .float64)
        let lower = boxes.sliced(axis: 1, start: 0, count: 2), upper = boxes.sliced(axis: 1, start: 2, count: 2)
        let means = regionMeans(of: image[0, 0], from: lower, to: upper, interpolation: .constant)
        try exchange.write("boxes.value", means * product(upper - lower, axes: [1]))
        let windows = AveragePool2D([5, 4], stride: [1, 1], usesAntiderivative: true)
        try exchange.write("window-sums.value", windows(image[0, 0]) * 20.0)
    }
}
