import Foundation
import Leibniz
import Testing

@Suite struct `Normalisation layers` {
    private let epsilon = 1e-5

    /// γ and β with numbers of their own, so that each has its place.
    private func scaled<Layer: Module>(_ layer: Layer) -> Layer {
        for (number, parameter) in layer.parameters.filter(\.takesGradient).enumerated() {
            parameter.value = normal(parameter.shape, seed: 40 + number)
        }
        return layer
    }

    @Test(arguments: [[4, 3], [2, 3, 5], [1, 3, 4]])
    func `a batch has mean 0 and variance 1 per channel, then scale and offset`(_ extents: [Int]) throws {
        let layer = scaled(withElementType(.float64) { BatchNorm1D(3) })
        let x = 3 * normal(Shape(extents), seed: 1) + 2
        let (weight, bias) = (
            try #require(layer.weight).value.doubles(), try #require(layer.bias).value.doubles()
        )
        let array = try NaiveArray(x)
        let standard = array.standardized(epsilon: epsilon) { [$0[1]] }
        let expected = zip(NaiveArray.indices(extents), standard).map { weight[$0[1]] * $1 + bias[$0[1]] }
        try expectClose(layer(x), expected)
        #expect(
            layer.namedParameters.map(\.path) == [
                "weight", "bias", "running_mean", "running_var", "num_batches_tracked",
            ])
    }

    @Test func `running statistics follow every pass in training and serve in use`() throws {
        let layer = withElementType(.float64) { BatchNorm2D(2, momentum: 0.3) }
        var (mean, variance) = ([0.0, 0], [1.0, 1])
        for seed in 1...3 {
            let x = Double(seed) * normal([3, 2, 2, 2], seed: seed) + 1
            let y = layer(x)
            let array = try NaiveArray(x)
            for c in 0..<2 {
                let s = array.statistics { $0[1] == c }
                mean[c] = 0.7 * mean[c] + 0.3 * s.mean
                variance[c] = 0.7 * variance[c] + 0.3 * s.variance * Double(s.count) / Double(s.count - 1)
            }
            try expectClose(#require(layer.runningMean).value, mean)
            try expectClose(#require(layer.runningVariance).value, variance)
            _ = try y.doubles()
        }
        let count = try #require(layer.parameters.last).value
        #expect(try count.item() == 3 && count.elementType == .int64)
        let x = normal([1, 2, 1, 2], seed: 9)
        let numbers = try x.doubles()
        let before = try bits(of: layer)
        try expectClose(
            inference { layer(x) },
            numbers.indices.map { (numbers[$0] - mean[$0 / 2]) / (variance[$0 / 2] + epsilon).squareRoot() })
        #expect(try bits(of: layer) == before)
        // γ and β change in training only; what takes no gradient is no optimizer's affair.
        #expect(SGD(layer, learningRate: 1).parameters.count == 2)
    }

    @Test func `without momentum the running statistics are plain means`() throws {
        let layer = withElementType(.float64) { BatchNorm1D(1, momentum: nil, affine: false) }
        let batches = (1...4).map { normal([5, 1], seed: $0) }
        for x in batches { _ = layer(x) }
        let means = try batches.map { try mean($0).item() }
        let variances = try batches.map { try variance($0).item() }
        try expectClose(#require(layer.runningMean).value, [means.reduce(0, +) / 4])
        try expectClose(#require(layer.runningVariance).value, [variances.reduce(0, +) / 4])
    }

    @Test func `minimising computes loss, gradients and statistics in one plan`() throws {
        func network() -> Sequential {
            withElementType(.float64) {
                withSeed(3) { Sequential(Linear(3, 4), BatchNorm1D(4), ReLU(), Dropout(0.25), Linear(4, 1)) }
            }
        }
        let models = [network(), network(), network(), network()]
        let optimizers = models.map { SGD($0, learningRate: 0.1, momentum: 0.9) }
        let (x, y) = (try normal([6, 3], seed: 1).evaluated(), try normal([6, 1], seed: 2).evaluated())
        let (model, optimizer) = (models[1], optimizers[1])
        let step = compiled { (x: Tensor, y: Tensor) in
            let loss = meanSquaredError(model(x), y)
            optimizer.update(minimizing: loss)
            return loss
        }
        let recorder = PlanRecorder()
        for number in 1...4 {
            let loss = meanSquaredError(models[0](x), y)
            try recorder.recording { try optimizers[0].minimize(loss) }
            #expect(try step(x, y).item().isClose(to: loss.item()))
            let third = meanSquaredError(models[2](x), y)
            let g = try gradients(of: third, models[2])
            try recorder.recording { try optimizers[2].apply(g) }
            // A loss that was looked at before is still a loss of current values.
            let fourth = meanSquaredError(models[3](x), y)
            #expect(try fourth.item().isClose(to: loss.item()))
            try optimizers[3].minimize(fourth + 0)
            if number > 1 { #expect(recorder.takeRuns().count == 2) } else { _ = recorder.takeRuns() }
        }
        for other in models.dropFirst() {
            for (a, b) in zip(models[0].namedParameters, other.namedParameters) {
                try expectClose(b.parameter.value, a.parameter.value.doubles(), within: 1e-12, "\(a.path)")
            }
        }
    }

    @Test func `training goes on without new plans`() throws {
        let model = withSeed(1) {
            Sequential(Conv2D(1, 3, kernelSize: 3), BatchNorm2D(3), ReLU(), Dropout2D(0.3), Flatten(), Linear(12, 2))
        }
        let optimizer = SGD(model, learningRate: 0.1)
        let (x, y) = (try Tensor.normal([5, 1, 4, 4], seed: 1).evaluated(), Tensor([0, 1, 1, 0, 1]))
        for _ in 1...3 { try optimizer.minimize(crossEntropy(model(x), y)) }
        let recorder = PlanRecorder()
        for _ in 1...3 {
            try recorder.recording { try optimizer.minimize(crossEntropy(model(x), y)) }
            #expect(recorder.takeRuns().count == 1)
        }
        #expect(recorder.reports.count == 1)
    }

    @Test func `a pass that fails leaves the statistics as they were`() throws {
        let model = withElementType(.float64) { Sequential(Embedding(3, 2), BatchNorm1D(2), Linear(2, 1)) }
        let optimizer = SGD(model, learningRate: 0.1)
        let target = normal([2, 1], seed: 1)
        try optimizer.minimize(meanSquaredError(model(Tensor([0, 1])), target))
        let before = try bits(of: model)
        #expect(
            message { try optimizer.minimize(meanSquaredError(model(Tensor([0, 3])), target)) }.contains("IndexError"))
        #expect(try bits(of: model) == before)
        #expect(message(of: model(Tensor([7, 1]))).contains("IndexError"))
        #expect(try bits(of: model) == before)
        try optimizer.minimize(meanSquaredError(model(Tensor([2, 1])), target))
        #expect(try bits(of: model) != before)
    }

    @Test func `what a derivative asks leaves the statistics alone`() throws {
        let layer = withElementType(.float64) { BatchNorm1D(3) }
        let before = try bits(of: layer)
        let x = normal([4, 3], seed: 1)
        _ = try gradient(of: { sum(pow(layer($0), 3)) })(x).doubles()
        _ = try vmap { layer($0) }(normal([2, 4, 3], seed: 2)).doubles()
        _ = try pushforward({ layer($0) }, at: x, along: x).tangent.doubles()
        #expect(try bits(of: layer) == before)
    }

    @Test func `layers, groups, instances and root mean squares`() throws {
        let x = 2 * normal([2, 4, 3, 2], seed: 1) - 1
        let array = try NaiveArray(x), indices = NaiveArray.indices([2, 4, 3, 2])
        func expect(
            _ layer: some Layer, group: ([Int]) -> [Int], place: ([Int]) -> Int, _ comment: Comment
        ) throws {
            let parameters = Dictionary(uniqueKeysWithValues: layer.namedParameters.map { ($0.path, $0.parameter) })
            let (weight, bias) = (try parameters["weight"]?.value.doubles(), try parameters["bias"]?.value.doubles())
            let standard = array.standardized(epsilon: epsilon, group: group)
            let expected = zip(indices, standard).map { index, z in
                (weight?[place(index)] ?? 1) * z + (bias?[place(index)] ?? 0)
            }
            try expectClose(layer(x), expected, comment)
        }
        try withElementType(.float64) {
            try expect(
                scaled(LayerNorm([3, 2])), group: { [$0[0], $0[1]] }, place: { $0[2] * 2 + $0[3] }, "LayerNorm")
            try expect(
                scaled(LayerNorm(2, bias: false)), group: { Array($0[..<3]) }, place: { $0[3] },
                "LayerNorm without bias")
            try expect(scaled(GroupNorm(2, 4)), group: { [$0[0], $0[1] / 2] }, place: { $0[1] }, "GroupNorm")
            try expect(InstanceNorm2D(4), group: { [$0[0], $0[1]] }, place: { $0[1] }, "InstanceNorm")
            try expect(
                scaled(InstanceNorm2D(4, affine: true)), group: { [$0[0], $0[1]] }, place: { $0[1] },
                "affine InstanceNorm")
            let rms = scaled(RMSNorm(2)), weight = try #require(rms.weight).value.doubles()
            let numbers = array.numbers
            let expected = numbers.indices.map { i in
                let pair = i / 2 * 2
                let square = (numbers[pair] * numbers[pair] + numbers[pair + 1] * numbers[pair + 1]) / 2
                return weight[i % 2] * numbers[i] / (square + Double.ulpOfOne).squareRoot()
            }
            try expectClose(rms(x), expected)
        }
    }

    @Test func `instances keep running statistics where they are told to`() throws {
        let layer = withElementType(.float64) { InstanceNorm1D(2, tracksStatistics: true) }
        let x = normal([3, 2, 4], seed: 1)
        _ = layer(x)
        let array = try NaiveArray(x)
        let means = (0..<2).map { c in
            (0..<3).map { n in array.statistics { $0[0] == n && $0[1] == c }.mean }.reduce(0, +) / 3
        }
        let running = try #require(layer.namedParameters.first { $0.path == "running_mean" }).parameter
        try expectClose(running.value, means.map { 0.1 * $0 })
        let z = inference { layer(x) }
        #expect(try !z.doubles().elementsEqual(layer(x).doubles()))
    }

    @Test func `inputs that do not fit are errors that name the layer`() {
        #expect(message(of: BatchNorm2D(3)(Tensor.zeros([2, 4, 2, 2]))).contains("BatchNorm2D"))
        #expect(message(of: BatchNorm2D(3)(Tensor.zeros([2, 3]))).contains("4 axes"))
        #expect(message(of: BatchNorm1D(3)(Tensor.zeros([1, 3]))).contains("more than one element"))
        #expect(message(of: LayerNorm(3)(Tensor.zeros([2, 4]))).contains("last axes must be [3]"))
        #expect(message(of: GroupNorm(3, 4)(Tensor.zeros([2, 4]))).contains("groups"))
        #expect(message(of: InstanceNorm1D(3)(Tensor.zeros([2, 3, 1]))).contains("more than one element"))
        #expect(message(of: RMSNorm([2, 3])(Tensor.zeros([3]))).contains("RMSNorm"))
    }
}
