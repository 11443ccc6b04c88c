import Foundation
import Leibniz
import Synchronization
import Testing

/// Steps that write to the memory of the values that they replace, and those who look on.
@Suite struct `Updates in place` {
    private struct Embedding: Layer {
        let table: Parameter
        let layers = withSeed(4) { Sequential(Linear(5, 19), ReLU(), Linear(19, 1)) }

        init(_ rows: Int) { table = Parameter(Tensor.normal([rows, 5], seed: 3)) }
        func callAsFunction(_ indices: Tensor) -> Tensor { layers(table.value[indices]) }
    }

    private static func images() -> Sequential {
        withSeed(2) {
            Sequential(
                Conv2D(1, 6, kernelSize: 3, padding: 1), ReLU(), MaxPool2D(2), Conv2D(6, 11, kernelSize: 3), ReLU(),
                Flatten(), Linear(275, 7))
        }
    }

    private func bytes(_ x: Tensor) throws -> [UInt8] { try x.withUnsafeBytes { Array($0) } }

    private func step(_ model: some Layer, _ optimizer: any Optimizer, _ loss: @escaping @Sendable (Tensor) -> Tensor)
        -> @Sendable (Tensor) throws -> Tensor
    {
        compiled { (x: Tensor) in
            let value = loss(model(x))
            optimizer.update(minimizing: value)
            return value
        }
    }

    /// Steps of two equal models, the parameters of one of which somebody holds.
    private func compare<Model: Layer>(
        _ make: () -> Model, _ x: Tensor, _ optimizer: (Model) -> any Optimizer,
        _ loss: @escaping @Sendable (Tensor) -> Tensor
    ) throws {
        let (free, watched) = (make(), make())
        let one = step(free, optimizer(free), loss), other = step(watched, optimizer(watched), loss)
        for _ in 0..<4 {
            let held = watched.parameters.map(\.value)
            let before = try held.map(bytes)
            #expect(try bytes(one(x)) == bytes(other(x)))
            #expect(try bits(of: free) == bits(of: watched))
            // What somebody holds stays as it was.
            #expect(try held.map(bytes) == before)
            #expect(try bits(of: watched) != before)
        }
    }

    @Test func `a step computes the same whether anybody holds the old values or not`() throws {
        let x = Tensor.normal([9, 1, 14, 14], seed: 1), labels = Tensor([0, 1, 2, 3, 4, 5, 6, 0, 1])
        let indices = Tensor([3, 70, 3, 0, 12, 70, 70, 55])
        try compare(Self.images, x, { SGD($0, learningRate: 0.01, momentum: 0.9, weightDecay: 0.1) }) {
            crossEntropy($0, labels)
        }
        try compare(Self.images, x, { Adam($0, learningRate: 0.01) }) { crossEntropy($0, labels) }
        for rows in [71, 1000] {
            try compare({ Embedding(rows) }, indices, { SGD($0, learningRate: 0.1) }) { mean($0 * $0) }
            try compare({ Embedding(rows) }, indices, { AdamW($0, learningRate: 0.01) }) { mean($0 * $0) }
        }
    }

    @Test func `parameters stay where they are when nobody holds them`() throws {
        let model = Embedding(1000)
        let step = step(model, SGD(model, learningRate: 0.1)) { mean($0 * $0) }
        let indices = Tensor([3, 70, 3, 0])
        func address() throws -> UnsafeRawPointer? { try model.table.value.withUnsafeBytes { $0.baseAddress } }
        // The first value came from outside.
        _ = try step(indices)
        let (first, before) = (try address(), try bits(of: model))
        _ = try step(indices)
        #expect(try address() == first)
        #expect(try bits(of: model) != before)
    }

    @Test func `a step that finds a wrong index changes nothing, even where it would write in place`() throws {
        let model = Embedding(500)
        let optimizer = SGD(model, learningRate: 0.1, momentum: 0.9)
        let whole = step(model, optimizer) { mean($0 * $0) }
        // Only some of the rows that are looked up count.
        let part = step(model, optimizer) { sum($0[0..<3] * $0[0..<3]) }
        let good = Tensor([3, 70, 3, 0]), bad = Tensor([3, 70, 3, 500])
        for step in [whole, part] {
            for _ in 0..<3 {
                _ = try step(good)
                let before = try bits(of: model)
                #expect(message { _ = try step(bad) }.contains("index 500 at position [3]"))
                #expect(try bits(of: model) == before)
            }
        }
    }

    @Test func `what depends on no index is not overwritten before all indices are known to be right`() throws {
        let weight = Parameter(normal([3000], seed: 1)), table = Parameter(normal([50, 4], seed: 2))
        let x = normal([3000], seed: 3)
        let optimizer = SGD([weight, table], learningRate: 0.1)
        let step = compiled { (indices: Tensor) in
            optimizer.update(minimizing: sum(weight.value * weight.value * x) + sum(exp(table.value[indices])))
            return indices
        }
        for _ in 0..<3 {
            _ = try step(Tensor([3, 49, 3]))
            let before = [try bytes(weight.value), try bytes(table.value)]
            #expect(message { _ = try step(Tensor([3, 49, 50])) }.contains("index 50 at position [2]"))
            #expect([try bytes(weight.value), try bytes(table.value)] == before)
        }
    }

    @Test func `two tables that read each other are updated from their old values`() throws {
        let (a, b) = (Parameter(normal([40, 3], seed: 1)), Parameter(normal([60, 3], seed: 2)))
        let optimizer = SGD([a, b], learningRate: 0.25)
        let (i, j) = (Tensor([0, 39, 7, 7]), Tensor([59, 1, 1, 1]))
        let step = compiled { (i: Tensor) in
            optimizer.update(minimizing: sum(a.value[i] * b.value[j]))
            return i
        }
        var (x, y) = (try a.value.doubles(), try b.value.doubles())
        for _ in 0..<3 {
            _ = try step(i)
            let (u, v) = (x, y)
            for (i, j) in zip([0, 39, 7, 7], [59, 1, 1, 1]) {
                for k in 0..<3 {
                    x[3 * i + k] -= 0.25 * v[3 * j + k]
                    y[3 * j + k] -= 0.25 * u[3 * i + k]
                }
            }
            try expectClose(a.value, x)
            try expectClose(b.value, y)
        }
    }

    @Test func `who reads while a step runs sees a whole value`() throws {
        let counter = Variable(Tensor.zeros([300_000]))
        let step = compiled { (x: Tensor) in
            counter.value = counter.value + x
            return x
        }
        let one = Tensor([1.0], .float32)
        _ = try step(one)
        let isRunning = Atomic<Bool>(true)
        let wrong = Atomic<Int>(0)
        let group = DispatchGroup()
        for _ in 0..<2 {
            group.enter()
            Thread.detachNewThread {
                var last = 0.0
                while isRunning.load(ordering: .acquiring) {
                    let value = counter.value
                    let (low, high) = ((try? min(value).item()) ?? -1, (try? max(value).item()) ?? -2)
                    if low != high || low < last { wrong.add(1, ordering: .relaxed) }
                    last = high
                }
                group.leave()
            }
        }
        for _ in 0..<300 { _ = try step(one) }
        isRunning.store(false, ordering: .releasing)
        group.wait()
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(try min(counter.value).item() == 301)
    }
}
