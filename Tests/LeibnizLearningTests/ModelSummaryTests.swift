import Leibniz
import Testing

@Suite struct `A model's summary` {
    @Test func `counts the article's network as by hand`() throws {
        let model = ConvNet()
        let batch = 2
        let found = try summary(of: model, at: Tensor.zeros([batch, 1, 32, 32])) { model($0) }
        func convolution(_ outputs: Int, _ pixels: Int, _ inputs: Int) -> Int {
            batch * (2 * outputs * pixels * inputs * 25 + outputs * pixels)
        }
        func linear(_ inputs: Int, _ outputs: Int) -> Int { batch * (2 * inputs * outputs + outputs) }
        // relu, and a maximum that takes in every element.
        let between = [batch * 2 * 6 * 28 * 28, batch * 2 * 16 * 10 * 10, batch * 120, batch * 84]
        #expect(found.rows.map(\.module) == ["conv1", "", "conv2", "", "fc1", "", "fc2", "", "fc3"])
        #expect(
            found.rows.map(\.operationCount) == [
                convolution(6, 28 * 28, 1), between[0], convolution(16, 10 * 10, 6), between[1], linear(400, 120),
                between[2], linear(120, 84), between[3], linear(84, 10),
            ])
        #expect(found.rows.map(\.parameterCount) == [156, 0, 2416, 0, 48_120, 0, 10_164, 0, 850])
        let shapes: [Shape] = [
            [2, 6, 28, 28], [2, 6, 14, 14], [2, 16, 10, 10], [2, 16, 5, 5], [2, 120], [2, 120], [2, 84], [2, 84],
            [2, 10],
        ]
        #expect(found.rows.map(\.shape) == shapes)
        #expect(found.rows.map(\.byteCount) == shapes.map { 4 * $0.count })
        #expect(found.parameterCount == 61_706 && found.parameterByteCount == 4 * 61_706)
        #expect(found.name == "ConvNet" && found.inputs == [[2, 1, 32, 32]])
        #expect(found.arenaByteCount > 0 && found.arenaByteCount < found.resultByteCount)
    }

    @Test func `counts a residual network's parameters each once, and work by the example`() throws {
        let model = ResidualNet()
        let found = try [1, 3, 5].map { try summary(of: model, at: .zeros([$0, 1, 28, 28])) }
        for summary in found {
            #expect(summary.rows.reduce(0) { $0 + $1.parameterCount } == model.parameterCount)
            #expect(Set(summary.rows.map(\.module)).isSuperset(of: ["stem.0", "stem.1", "head"]))
        }
        // 3 × 3 over 28 × 28, one channel to 16.
        #expect(found[0].rows.first?.operationCount == 2 * 16 * 784 * 9)
        // What batch statistics become is computed once, whatever the batch.
        let work = found.map(\.operationCount)
        #expect(work[2] - work[1] == work[1] - work[0])
        #expect(found[0].parameterByteCount > 4 * model.parameterCount, "running statistics are kept, too")
    }

    @Test func `multiplies a loop's body by its steps`() throws {
        let model = LSTM(3, 5)
        func work(_ steps: Int) throws -> Int {
            try summary(of: model, at: Tensor.zeros([steps, 2, 3])) { model($0) }.operationCount
        }
        let (short, long, longer) = (try work(7), try work(14), try work(21))
        #expect(longer - long == long - short)
        // The two products of a step, and less than as much for everything else of so small a cell.
        let products = 2 * 2 * (3 + 5) * 4 * 5
        #expect((long - short) / 7 >= products && (long - short) / 7 < 2 * products)
    }

    private struct Partly: Module {
        let used = Linear(4, 4)
        let unused = Linear(2, 3)
        let fixed = Parameter(Tensor.zeros([7]), takesGradient: false)
    }

    @Test func `names what is shared once and what is not used at all`() throws {
        let model = Partly()
        let found = try summary(of: model, at: Tensor.zeros([1, 4])) { tanh(model.used(tanh(model.used($0)))) }
        #expect(found.rows.map(\.module) == ["used", "", "unused"])
        #expect(found.rows.map(\.parameterCount) == [20, 0, 9])
        #expect(found.rows.map(\.operationCount) == [2 * (2 * 16 + 4) + 4, 4, 0])
        #expect(found.rows.last?.shape == nil && found.parameterByteCount == 4 * 36)
    }

    @Test func `an input that the model does not take is refused`() {
        #expect(message { _ = try summary(of: Linear(4, 4), at: .zeros([1, 3])) }.contains("[1, 3]"))
    }
}
