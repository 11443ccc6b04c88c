import Leibniz
import Testing

@Suite struct `Layers` {
    @Test(arguments: [[3], [5, 3], [2, 4, 3], [0, 3]])
    func `a linear layer is x·Wᵀ + b over the last axis`(_ extents: [Int]) throws {
        let layer = withElementType(.float64) { Linear(3, 2) }
        let x = normal(Shape(extents), seed: 1)
        let (w, b, numbers) = (
            try layer.weight.value.doubles(), try #require(layer.bias).value.doubles(), try x.doubles()
        )
        var expected: [Double] = []
        for row in 0..<numbers.count / 3 {
            for o in 0..<2 {
                expected.append(b[o] + (0..<3).map { numbers[row * 3 + $0] * w[o * 3 + $0] }.reduce(0, +))
            }
        }
        #expect(layer(x).shape == Shape(extents.dropLast() + [2]))
        try expectClose(layer(x), expected)
        #expect(Linear(3, 2, bias: false).parameters.count == 1)
    }

    @Test func `flattening merges axes, all but the batch by default`() throws {
        let x = normal([2, 3, 4, 5], seed: 1)
        #expect(Flatten()(x).shape == [2, 60])
        #expect(Flatten(from: 2)(x).shape == [2, 3, 20])
        #expect(Flatten(from: 0)(x).shape == [120])
        #expect(try Flatten()(x).doubles() == x.doubles())
    }

    @Test func `the rectifier keeps what is positive; its derivative at 0 is 0`() throws {
        let x = Tensor([-2.0, -0.0, 0, 3, .infinity], .float64)
        #expect(try ReLU()(x).doubles() == [0, 0, 0, 3, .infinity])
        #expect(try (∇{ sum(ReLU()($0)) })(x).doubles() == [0, 0, 0, 1, 1])
    }

    @Test func `a sequence applies its layers in order and names parameters by place`() throws {
        let net = withSeed(1) { Sequential(Conv2D(1, 2, kernelSize: 3), ReLU(), MaxPool2D(2), Flatten(), Linear(8, 3)) }
        #expect(net.namedParameters.map(\.path) == ["0.weight", "0.bias", "4.weight", "4.bias"])
        let x = Tensor.normal([2, 1, 6, 6], seed: 1)
        let (convolution, linear) = withSeed(1) { (Conv2D(1, 2, kernelSize: 3), Linear(8, 3)) }
        let expected = linear(MaxPool2D(2)(relu(convolution(x))).flattened(from: 1))
        #expect(try net(x).doubles() == expected.doubles())
        #expect(try Sequential()(x).doubles() == x.doubles())
        #expect(message(of: net(Tensor.zeros([1, 1, 9, 9]))).contains("in Sequential.4"))
    }

    @Test func `the network's derivatives agree with differences`() throws {
        let net = withElementType(.float64) {
            withSeed(2) {
                Sequential(
                    Conv2D(1, 2, kernelSize: 3, padding: 1), ReLU(), MaxPool2D(2), Conv2D(2, 2, kernelSize: 2), ReLU(),
                    Flatten(), Linear(8, 5), ReLU(), Linear(5, 3))
            }
        }
        let (x, y) = (normal([3, 1, 7, 7], seed: 1), Tensor([0, 2, 1]))
        let g = try gradients(of: crossEntropy(net(x), y), net)
        for (path, parameter, gradient) in g.entries {
            let loss = { (value: Tensor) in net.withParameters([path: value]) { crossEntropy(net(x), y) } }
            try expectClose(gradient, centralDifferences(of: loss, at: parameter.value), within: 1e-7, "\(path)")
        }
    }
}
