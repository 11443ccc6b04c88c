import Leibniz
import Testing

/// y[n, o, i, j] = b[o] + Σ x[n, c, i·s + k·d − p, …]·w[o, c, k, l], as nested loops.
private func naiveConvolution(
    _ x: Tensor, _ w: Tensor, _ b: Tensor, stride s: [Int], padding p: [Int], dilation d: [Int], groups: Int
) throws -> [Double] {
    let (image, kernel, bias) = (try NaiveImages(x), try NaiveImages(w), try b.doubles())
    let outputs = kernel.shape[0], members = kernel.shape[1]
    func extent(_ axis: Int) -> Int {
        (image.shape[2 + axis] + 2 * p[axis] - d[axis] * (kernel.shape[2 + axis] - 1) - 1) / s[axis] + 1
    }
    var result: [Double] = []
    for n in 0..<image.shape[0] {
        for o in 0..<outputs {
            let group = o / (outputs / groups)
            for i in 0..<extent(0) {
                for j in 0..<extent(1) {
                    var total = bias[o]
                    for c in 0..<members {
                        for k in 0..<kernel.shape[2] {
                            for l in 0..<kernel.shape[3] {
                                let (row, column) = (i * s[0] + k * d[0] - p[0], j * s[1] + l * d[1] - p[1])
                                total +=
                                    image[n, group * members + c, row, column, outside: 0]
                                    * kernel[o, c, k, l, outside: 0]
                            }
                        }
                    }
                    result.append(total)
                }
            }
        }
    }
    return result
}

@Suite struct `Convolution layers` {
    struct Case: Sendable, CustomStringConvertible {
        var inputs = 2, outputs = 3
        var kernel = [3, 3], stride = [1, 1], padding = [0, 0], dilation = [1, 1]
        var groups = 1
        var height = 7, width = 5
        var description: String {
            "\(inputs)→\(outputs) \(kernel) stride \(stride) padding \(padding) dilation \(dilation) groups \(groups) of \(height)×\(width)"
        }
    }

    static let cases = [
        Case(), Case(kernel: [1, 1]), Case(kernel: [5, 2]), Case(padding: [1, 2]), Case(stride: [2, 3]),
        Case(stride: [2, 2], padding: [1, 1]), Case(dilation: [2, 2]), Case(padding: [2, 2], dilation: [3, 2]),
        Case(inputs: 4, outputs: 6, groups: 2), Case(inputs: 3, outputs: 3, padding: [1, 1], groups: 3),
        Case(inputs: 4, outputs: 2, kernel: [2, 3], stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2),
        Case(inputs: 1, outputs: 1, kernel: [7, 5]), Case(stride: [9, 9]), Case(height: 3, width: 3),
    ]

    @Test(arguments: cases)
    func `a layer agrees with nested loops and its derivatives with differences`(_ c: Case) throws {
        let layer = withElementType(.float64) {
            withSeed(3) {
                Conv2D(
                    c.inputs, c.outputs, kernelSize: c.kernel, stride: c.stride, padding: c.padding,
                    dilation: c.dilation,
                    groups: c.groups)
            }
        }
        let bias = try #require(layer.bias)
        let x = normal([2, c.inputs, c.height, c.width], seed: 1)
        let expected = try naiveConvolution(
            x, layer.weight.value, bias.value, stride: c.stride, padding: c.padding, dilation: c.dilation,
            groups: c.groups)
        try expectClose(layer(x), expected)

        let cotangent = normal(layer(x).shape, seed: 2)
        let g = try gradients(of: sum(layer(x) * cotangent), layer)
        // Linear in all: the difference to any other place is exact, and every element takes part in it.
        func expectSlope(_ gradient: Tensor, at value: Tensor, of loss: (Tensor) -> Tensor) throws {
            let step = normal(value.shape, seed: 3)
            try expectClose(
                sum(gradient * step), [loss(value + step).item() - loss(value).item()], within: 1e-10)
        }
        for (name, parameter) in [("weight", layer.weight), ("bias", bias)] {
            try expectSlope(#require(g[name]), at: parameter.value) { w in
                layer.withParameters([name: w]) { sum(layer(x) * cotangent) }
            }
        }
        try expectSlope((∇{ sum(layer($0) * cotangent) })(x), at: x) { sum(layer($0) * cotangent) }
    }

    @Test func `one number stands for rows and columns`() throws {
        let x = normal([1, 2, 6, 7], seed: 1)
        let a = withSeed(1) { Conv2D(2, 4, kernelSize: 3, stride: 2, padding: 1, dilation: 2, groups: 2) }
        let b = withSeed(1) {
            Conv2D(2, 4, kernelSize: [3, 3], stride: [2, 2], padding: [1, 1], dilation: [2, 2], groups: 2)
        }
        #expect(try a(x).doubles() == b(x).doubles())
    }

    @Test func `settings that make no layer and images that do not fit are errors`() {
        let x = Tensor.zeros([1, 2, 4, 4])
        #expect(message(of: Conv2D(3, 4, kernelSize: 3, groups: 2)(x)).contains("multiples of the groups"))
        #expect(message(of: Conv2D(2, 4, kernelSize: 0)(x)).contains("ValueError"))
        #expect(message(of: Conv2D(2, 4, kernelSize: 3, groups: 0)(x)).contains("ValueError"))
        #expect(message(of: Conv2D(-1, 4, kernelSize: 3)(x)).contains("ValueError"))
        #expect(message(of: Conv2D(2, 4, kernelSize: 3, stride: 0)(x)).contains("positive"))
        #expect(message(of: Conv2D(2, 4, kernelSize: 3, padding: -1)(x)).contains("negative"))
        #expect(message(of: Conv2D(2, 4, kernelSize: [3, 3], stride: [1, 1, 1])(x)).contains("stride"))
        #expect(message(of: Conv2D(2, 4, kernelSize: 5)(x)).contains("fit"))
        #expect(message(of: Conv2D(3, 4, kernelSize: 3)(x)).contains("channels"))
        #expect(message(of: Conv2D(2, 4, kernelSize: 3)(Tensor.zeros([2, 4, 4]))).contains("[N, C, spatial…]"))
    }
}
