import Leibniz
import Testing

@Suite struct `Dropout layers` {
    private func zeros(_ tensor: Tensor) throws -> [Bool] { try tensor.doubles().map { $0 == 0 } }

    @Test func `elements are dropped with the probability, the others grow by 1/(1 − p)`() throws {
        let layer = withSeed(1) { Dropout(0.3) }
        let y = try layer(Tensor.ones([40_000], .float64)).doubles()
        #expect(Set(y) == [0, 1 / 0.7])
        // Five deviations of a binomial share.
        #expect(abs(Double(y.count { $0 == 0 }) / 40_000 - 0.3) < 5 * (0.3 * 0.7 / 40_000).squareRoot())
        let x = Tensor([1.0, .infinity, .nan])
        #expect(try Dropout(0)(x).doubles().prefix(2) == [1, .infinity])
        #expect(try Dropout(1)(x).doubles() == [0, 0, 0])
        #expect(try inference { layer(Tensor([1.0, 2])) }.doubles() == [1, 2])
        #expect(message(of: Dropout(1.5)(x)).contains("no probability"))
    }

    @Test func `every pass draws anew, and the seed says what`() throws {
        func passes() throws -> [[Bool]] {
            let layer = withSeed(5) { Dropout() }
            return try (1...3).map { _ in try zeros(layer(Tensor.ones([64]))) }
        }
        let first = try passes()
        #expect(Set(first).count == 3)
        #expect(try passes() == first)
        // A compiled step draws what the passes of a loop draw, without another trace.
        let layer = withSeed(5) { Dropout() }
        let step = compiled { (x: Tensor) in layer(x) }
        let drawn = try (1...3).map { _ in try zeros(step(Tensor.ones([64]))) }
        #expect(drawn == first)
        // Two layers of one seed draw different numbers, and the same parameters follow with and without them.
        let (a, b) = withSeed(5) { (Dropout(), Dropout()) }
        #expect(try zeros(a(Tensor.ones([64]))) != zeros(b(Tensor.ones([64]))))
        let (with, without) = (
            withSeed(5) { Sequential(Dropout(), Linear(3, 2)) }, withSeed(5) { Sequential(Identity(), Linear(3, 2)) }
        )
        #expect(try bits(of: with) == bits(of: without))
    }

    @Test func `a layer that restores its place goes on as it would have`() throws {
        let model = withSeed(2) { Sequential(Linear(3, 8), Dropout(), Linear(8, 8), Dropout2D()) }
        let streams = model.randomStreams
        #expect(streams.map(\.path) == ["1.mask.stream", "3.mask.stream"])
        let dropout = withSeed(2) { Dropout() }
        let stream = try #require(dropout.randomStreams.first).stream
        for _ in 1...3 { _ = dropout(Tensor.ones([10])) }
        let place = try stream.position.value.item()
        #expect(place == 30 && stream.position.value.elementType == .int64)
        let next = try zeros(dropout(Tensor.ones([10])))
        stream.position.value = Tensor([30], shape: [])
        #expect(try zeros(dropout(Tensor.ones([10]))) == next)
    }

    @Test func `the gradient is that of the same mask`() throws {
        let layer = withSeed(3) { Dropout(0.4) }
        let x = try Tensor.normal([50], seed: 1, .float64).evaluated()
        let (y, slope) = valueWithGradient(at: x) { sum(layer($0) * 3) }
        try evaluate(y, slope)
        let numbers = try x.doubles(), slopes = try slope.doubles()
        #expect(Set(slopes) == [0, 3 / 0.6])
        try expectClose(y, [zip(numbers, slopes).reduce(0) { $0 + $1.0 * $1.1 }])
    }

    @Test func `what a checkpoint computes again has the mask of the first time`() throws {
        func losses(_ wraps: Bool) throws -> [Double] {
            let model = withElementType(.float64) {
                withSeed(7) { Sequential(Linear(4, 6), BatchNorm1D(6), Dropout(), Linear(6, 1)) }
            }
            let plain: @Sendable (Tensor) -> Tensor = { model($0) }
            let block = wraps ? checkpoint(plain) : plain
            let optimizer = SGD(model, learningRate: 0.05)
            let (x, y) = (normal([5, 4], seed: 1), normal([5, 1], seed: 2))
            let step = compiled { (x: Tensor) in
                let loss = meanSquaredError(block(x), y)
                optimizer.update(minimizing: loss)
                return loss
            }
            var losses: [Double] = []
            for _ in 1...3 {
                let loss = meanSquaredError(block(x), y)
                try optimizer.minimize(loss)
                losses += [try loss.item(), try step(x).item()]
            }
            return try losses + model.parameters.flatMap { try $0.value.doubles() }
        }
        let (plain, again) = (try losses(false), try losses(true))
        #expect(zip(plain, again).allSatisfy { $0.isClose(to: $1, within: 1e-12) }, "\(plain) are not \(again)")
    }

    @Test func `whole channels are dropped`() throws {
        func channels(_ layer: some Layer, _ shape: Shape, _ comment: Comment) throws {
            let y = try layer(Tensor.ones(shape)).doubles()
            let size = shape.count / (shape[0] * shape[1])
            let groups = stride(from: 0, to: y.count, by: size).map { Set(y[$0..<$0 + size]) }
            #expect(groups.allSatisfy { $0 == [0] || $0 == [2] }, comment)
            #expect(Set(groups).count == 2, comment)
        }
        try withSeed(1) {
            try channels(Dropout1D(), [5, 8, 3], "1D")
            try channels(Dropout2D(), [5, 8, 3, 2], "2D")
            try channels(Dropout3D(), [5, 8, 3, 2, 2], "3D")
        }
        #expect(message(of: Dropout2D()(Tensor.ones([3, 2]))).contains("Dropout2D"))
    }

    @Test func `alpha dropout keeps mean and variance`() throws {
        let layer = withSeed(1) { AlphaDropout(0.2) }
        let y = layer(Tensor.normal([200_000], seed: 1, .float64))
        #expect(abs(try mean(y).item()) < 0.02)
        #expect(abs(try variance(y).item() - 1) < 0.02)
        #expect(try inference { layer(Tensor([3.0])) }.item() == 3)
    }
}

@Suite struct `Embeddings` {
    @Test func `rows are looked up, and only they take a gradient`() throws {
        let table = withElementType(.float64) { withSeed(1) { Embedding(5, 3, paddingIndex: -5) } }
        let rows = try table.weight.value.doubles()
        #expect(rows.prefix(3) == [0, 0, 0] && !rows.dropFirst(3).contains(0))
        let indices = Tensor([[1, 4, 0], [4, 1, 4]])
        #expect(table(indices).shape == [2, 3, 3])
        try expectClose(table(indices), [1, 4, 0, 4, 1, 4].flatMap { rows[$0 * 3..<$0 * 3 + 3] })
        let g = try gradients(of: sum(table(indices)), table)
        try expectClose(#require(g["weight"]), [0, 2, 0, 0, 3].flatMap { [$0, $0, $0] })
        #expect(message(of: table(Tensor([5]))).contains("IndexError"))
        #expect(message(of: Embedding(5, 3, paddingIndex: 5)(Tensor([1]))).contains("padding index"))
    }
}
