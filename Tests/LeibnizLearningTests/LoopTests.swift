import Leibniz
import Testing

/// Ways to write a training loop that must all come to the same.
@Suite struct `Training loops` {
    private let x = normal([12, 3], seed: 1), y = normal([12, 2], seed: 2)

    private func network() -> Sequential {
        withElementType(.float64) { withSeed(4) { Sequential(Linear(3, 5), ReLU(), Linear(5, 2)) } }
    }

    /// The parameters after `steps` plain steps.
    private func reference(_ steps: Int) throws -> [[Double]] {
        let model = network()
        let optimizer = Adam(model, learningRate: 0.05)
        for _ in 0..<steps { try optimizer.minimize(meanSquaredError(model(x), y)) }
        return try model.parameters.map { try $0.value.doubles() }
    }

    private func expect(_ model: Sequential, is expected: [[Double]], sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        for (parameter, numbers) in zip(model.parameters, expected) {
            try expectClose(parameter.value, numbers, within: 1e-13, sourceLocation: sourceLocation)
        }
    }

    @Test func `values that are looked at on the way change nothing`() throws {
        let model = network()
        let optimizer = Adam(model, learningRate: 0.05)
        let layers = [model.parameters[0], model.parameters[2]]
        for step in 0..<4 {
            let hidden = relu(matmul(x, layers[0].value.transposed()) + model.parameters[1].value)
            if step % 2 == 0 { _ = try hidden.doubles() }
            let output = matmul(hidden, layers[1].value.transposed()) + model.parameters[3].value
            if step > 1 { try evaluate(output, hidden) }
            let loss = meanSquaredError(output, y)
            if step == 3 { _ = try loss.item() }
            try optimizer.minimize(loss)
            let (value, seen) = (try loss.item(), try hidden.doubles())
            #expect(value.isFinite && seen.count == 60)
        }
        try expect(model, is: reference(4))
    }

    @Test func `several steps inside of one compiled function are several steps`() throws {
        let model = network()
        let optimizer = Adam(model, learningRate: 0.05)
        let threeSteps = compiled { (x: Tensor, y: Tensor) in
            var losses: [Tensor] = []
            for _ in 0..<3 {
                let loss = meanSquaredError(model(x), y)
                optimizer.update(minimizing: loss)
                losses.append(loss)
            }
            return losses
        }
        let losses = try threeSteps(x, y).map { try $0.item() }
        #expect(losses == losses.sorted(by: >))
        try expect(model, is: reference(3))
        _ = try threeSteps(x, y)
        try expect(model, is: reference(6))
    }

    @Test func `gradients may be taken, clipped and applied inside of compiled`() throws {
        let (model, plain) = (network(), network())
        let (optimizer, other) = (SGD(model, learningRate: 0.5), SGD(plain, learningRate: 0.5))
        let step = compiled { (x: Tensor, y: Tensor) in
            let loss = meanSquaredError(model(x), y)
            try optimizer.apply(gradients(of: loss, model).clipped(norm: 0.1))
            return loss
        }
        for _ in 0..<3 {
            _ = try step(x, y)
            try other.apply(gradients(of: meanSquaredError(plain(x), y), plain).clipped(norm: 0.1))
        }
        try expect(model, is: plain.parameters.map { try $0.value.doubles() })
        // An error of the body is the error of the call.
        let failing = compiled { (x: Tensor) in
            try optimizer.apply(gradients(of: sum(x), model))
            return x
        }
        #expect(message { _ = try failing(x) }.contains("no parameter influences the loss"))
    }

    @Test func `a compiled function inside of another is part of it`() throws {
        let model = network()
        let optimizer = Adam(model, learningRate: 0.05)
        let loss = compiled { (x: Tensor, y: Tensor) in meanSquaredError(model(x), y) }
        let step = compiled { (x: Tensor, y: Tensor) in
            let value = try loss(x, y)
            optimizer.update(minimizing: value)
            return value
        }
        for _ in 0..<3 { _ = try step(x, y) }
        try expect(model, is: reference(3))
        #expect(try loss(x, y).item() == meanSquaredError(model(x), y).item())
    }

    @Test func `two optimizers share a model`() throws {
        let model = network()
        let first = SGD([model.parameters[0], model.parameters[1]], learningRate: 0.1)
        let second = SGD([model.parameters[2], model.parameters[3]], learningRate: 0.1)
        let step = compiled { (x: Tensor, y: Tensor) in
            let loss = meanSquaredError(model(x), y)
            first.update(minimizing: loss)
            second.update(minimizing: loss)
            return loss
        }
        let plain = network()
        let whole = SGD(plain, learningRate: 0.1)
        for _ in 0..<3 {
            _ = try step(x, y)
            try whole.minimize(meanSquaredError(plain(x), y))
        }
        try expect(model, is: plain.parameters.map { try $0.value.doubles() })
    }

    @Test func `tied parameters gather the gradients of all their uses`() throws {
        let weight = Parameter(normal([3, 3], seed: 7))
        let loss = { (w: Tensor) in sum(matmul(matmul(normal([4, 3], seed: 8), w), w.transposed())) }
        let g = try gradients(of: loss(weight.value), [weight, weight])
        #expect(g.entries.count == 1)
        try expectClose(#require(g[weight]), centralDifferences(of: loss, at: weight.value), within: 1e-8)
    }

    @Test func `a last batch that is smaller, one image and none at all are steps as well`() throws {
        let model = withSeed(1) { ConvNet() }
        let optimizer = SGD(model, learningRate: 0.1)
        let images = Tensor.normal([7, 1, 32, 32], seed: 3)
        let labels = Tensor([3, 1, 4, 1, 5, 9, 2])
        for range in try Batches(of: 7, size: 3) {
            let x = images.sliced(axis: 0, start: range.lowerBound, count: range.count)
            let y = labels.sliced(axis: 0, start: range.lowerBound, count: range.count)
            let loss = crossEntropy(model(x), y)
            try optimizer.minimize(loss)
            #expect(try loss.item().isFinite)
        }
        #expect(model(Tensor.zeros([0, 1, 32, 32])).shape == [0, 10])
        #expect(try model(Tensor.zeros([0, 1, 32, 32])).doubles() == [])
        let before = try bits(of: model)
        try optimizer.minimize(sum(model(Tensor.zeros([0, 1, 32, 32]))))
        #expect(try bits(of: model) == before)
    }

    @Test func `a parameter on its own may be the loss`() throws {
        let parameter = Parameter(Tensor(3, .float64))
        let optimizer = SGD(parameter, learningRate: 0.5)
        try optimizer.minimize(parameter.value)
        try optimizer.minimize(parameter.value)
        #expect(try parameter.value.item() == 2)
        // What was read before is a value, and stays.
        let old = parameter.value
        try optimizer.minimize(parameter.value * parameter.value)
        #expect(try old.item() == 2)
        #expect(try parameter.value.item() == 0)
    }

    @Test func `images are classified alike in one batch and one by one`() throws {
        let model = withSeed(2) { ConvNet() }
        let images = Tensor.normal([9, 1, 32, 32], seed: 5)
        let all = try model(images).doubles()
        for place in 0..<9 {
            let one = try model(images.sliced(axis: 0, start: place, count: 1)).doubles()
            for (a, b) in zip(one, all[place * 10..<place * 10 + 10]) { #expect(a.isClose(to: b, within: 1e-5)) }
        }
    }
}
