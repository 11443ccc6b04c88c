import Leibniz
import Testing

private struct Block: Module {
    let norm: Parameter
    let map: Linear
    init() { (norm, map) = (Parameter(Tensor([1.0, 1])), Linear(2, 2)) }
}

/// Not a module itself, but it has parts that are.
private struct Pair {
    let left = Linear(1, 1, bias: false)
    let right = Linear(1, 1, bias: false)
}

private enum Head: Module {
    case linear(Linear)
    case none
}

private final class Counter: Module {
    let total = Parameter(Tensor([0.0]), takesGradient: false, name: "running_total")
}

private struct Everything: Module {
    let blocks = [Block(), Block()]
    let heads = ["b": Linear(2, 1), "a": Linear(2, 3, bias: false)]
    let byNumber = [10: Linear(1, 1, bias: false), 9: Linear(1, 1, bias: false)]
    let maybe: Linear? = Linear(1, 2)
    let nothing: Linear? = nil
    let pair = Pair()
    let head = Head.linear(Linear(1, 1, bias: false)), end = Head.none
    let tuple = (first: Linear(1, 1, bias: false), Linear(1, 1, bias: false))
    let net = Sequential(Flatten(), Linear(4, 2), ReLU(), Sequential(Linear(2, 2, bias: false)))
    let counter = Counter()
    let sizes = [1, 2, 3], rate = 0.5, label = "text", table = [[1.0, 2], [3, 4]]
    let constant = Tensor([1.0, 2])
}

private struct Tied: Module {
    let encoder: Linear
    let decoder: Linear
    let again: [Parameter]
    init() {
        encoder = Linear(2, 2)
        (decoder, again) = (encoder, [encoder.weight])
    }
}

@Suite struct `Modules` {
    @Test func `the article's network has 61,706 parameters under PyTorch's names and shapes`() {
        let model = ConvNet()
        #expect(model.parameterCount == 61_706)
        let expected: [(String, Shape)] = [
            ("conv1.weight", [6, 1, 5, 5]), ("conv1.bias", [6]), ("conv2.weight", [16, 6, 5, 5]), ("conv2.bias", [16]),
            ("fc1.weight", [120, 400]), ("fc1.bias", [120]), ("fc2.weight", [84, 120]), ("fc2.bias", [84]),
            ("fc3.weight", [10, 84]), ("fc3.bias", [10]),
        ]
        #expect(model.namedParameters.map(\.path) == expected.map(\.0))
        #expect(model.parameters.map(\.shape) == expected.map(\.1))
    }

    @Test func `parameters are found in arrays, dictionaries, optionals, enums, tuples, classes and plain structs`() {
        let model = Everything()
        #expect(
            model.namedParameters.map(\.path) == [
                "blocks.0.norm", "blocks.0.map.weight", "blocks.0.map.bias", "blocks.1.norm", "blocks.1.map.weight",
                "blocks.1.map.bias", "heads.a.weight", "heads.b.weight", "heads.b.bias", "byNumber.9.weight",
                "byNumber.10.weight", "maybe.weight", "maybe.bias", "pair.left.weight", "pair.right.weight",
                "head.linear.weight", "tuple.first.weight", "tuple..1.weight", "net.1.weight", "net.1.bias",
                "net.3.0.weight", "counter.running_total",
            ])
        #expect(model.parameters.filter { !$0.takesGradient } == [model.counter.total])
        #expect(SGD(model, learningRate: 1).parameters == model.parameters.filter(\.takesGradient))
    }

    @Test func `tied parameters count once, under their first path`() {
        let model = Tied()
        #expect(model.namedParameters.map(\.path) == ["encoder.weight", "encoder.bias"])
        #expect(model.parameterCount == 6)
    }

    @Test func `copies of a model share its parameters`() throws {
        let model = Linear(2, 1)
        let copy = model
        copy.weight.value = Tensor([[5.0, 6]])
        #expect(try model.weight.value.doubles() == [5, 6])
    }

    @Test func `parts of models are modules: parameters, arrays, optionals and dictionaries of them`() {
        let (a, b) = (Linear(1, 2), Linear(2, 1))
        #expect([a, b].namedParameters.map(\.path) == ["0.weight", "0.bias", "1.weight", "1.bias"])
        #expect(["x": a].namedParameters.map(\.path) == ["x.weight", "x.bias"])
        #expect(Optional(a).parameters == a.parameters)
        #expect([a.weight, b.weight].parameters == [a.weight, b.weight])
        #expect(a.weight.parameters == [a.weight])
    }

    @Test func `a parameter's path is that in the largest model that has listed it`() {
        let model = Everything()
        let weight = model.blocks[1].map.weight
        #expect(weight.path == "weight")
        _ = model.blocks[1].parameters
        #expect(weight.path == "map.weight")
        _ = model.parameters
        #expect(weight.path == "blocks.1.map.weight")
        _ = model.blocks[1].parameters
        #expect(weight.path == "blocks.1.map.weight")
    }

    @Test func `errors name the layer by its path in the model, and the caller's line`() {
        let model = ConvNet()
        _ = model.parameters
        let wrong = message(of: model(Tensor.zeros([2, 1, 28, 28])))
        #expect(wrong.contains("ShapeError: matmul cannot contract [2, 256] with [400, 120]"), "\(wrong)")
        #expect(wrong.contains("in ConvNet.fc1"), "\(wrong)")
        #expect(wrong.contains("ModuleTests.swift:"), "\(wrong)")
        let channels = message(of: model(Tensor.zeros([2, 3, 32, 32])))
        #expect(channels.contains("in ConvNet.conv1") && channels.contains("3 channels"), "\(channels)")
        #expect(message(of: Linear(3, 4)(Tensor.zeros([1, 2]))).contains("in Linear"))
    }

    @Test func `first values follow from the seed alone, in PyTorch's range`() throws {
        func values(_ seed: Int) throws -> [[UInt8]] { try withSeed(seed) { try bits(of: ConvNet()) } }
        #expect(try values(7) == values(7))
        let (seven, eight) = (try values(7), try values(8))
        for (a, b) in zip(seven, eight) { #expect(a != b) }
        #expect(Set(seven).count == seven.count)

        // U(−1/√n, 1/√n): variance 1/(3n).
        let layers: [(any Layer, Int)] = [
            (Linear(300, 200), 300), (Conv2D(8, 64, kernelSize: 5, groups: 2), 100),
            (Conv2D(2, 99, kernelSize: [3, 5]), 30),
        ]
        for (layer, inputs) in layers {
            let bound = 1 / Double(inputs).squareRoot()
            for parameter in layer.parameters {
                let numbers = try parameter.value.doubles()
                #expect(numbers.allSatisfy { abs($0) <= bound })
                guard numbers.count > 1000 else { continue }
                let square = numbers.map { $0 * $0 }.reduce(0, +) / Double(numbers.count)
                #expect(square.isClose(to: bound * bound / 3, within: 0.1 * bound * bound))
                #expect(abs(numbers.reduce(0, +) / Double(numbers.count)) < 0.1 * bound)
            }
        }
    }

    @Test func `a model can be made of float64, or be converted`() throws {
        let model = withElementType(.float64) { ConvNet() }
        #expect(model.parameters.allSatisfy { $0.value.elementType == .float64 })
        #expect(ConvNet().parameters.allSatisfy { $0.value.elementType == .float32 })
        let linear = Linear(3, 2)
        let before = try linear.weight.value.doubles()
        try linear.convertParameters(to: .float64)
        #expect(linear.weight.value.elementType == .float64)
        #expect(try linear.weight.value.doubles() == before)
        #expect(message { try linear.convertParameters(to: .int32) }.contains("TypeError"))
        #expect(message(of: withElementType(.int32) { Linear(1, 1) }(Tensor.zeros([1, 1]))).contains("int32"))
    }
}
