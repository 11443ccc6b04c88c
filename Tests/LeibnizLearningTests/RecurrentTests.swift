import Foundation
import Leibniz
import Testing

@Suite struct `Recurrent networks` {
    private func double<Result>(_ body: () -> Result) -> Result { withElementType(.float64) { withSeed(2, body) } }

    /// One layer of an LSTM on plain numbers: outputs of one sequence, and the last h and c.
    private func lstm(_ x: [[Double]], _ p: [String: NaiveArray], hidden: Int, suffix: String) -> (
        y: [[Double]], h: [Double], c: [Double]
    ) {
        var (h, c) = (Array(repeating: 0.0, count: hidden), Array(repeating: 0.0, count: hidden))
        var y: [[Double]] = []
        func weight(_ name: String, _ index: [Int]) -> Double { p["\(name)_l0\(suffix)"]?[index] ?? .nan }
        for row in x {
            let a = (0..<4 * hidden).map { g -> Double in
                let fromInput = row.indices.reduce(weight("bias_ih", [g])) {
                    $0 + weight("weight_ih", [g, $1]) * row[$1]
                }
                return h.indices.reduce(fromInput + weight("bias_hh", [g])) {
                    $0 + weight("weight_hh", [g, $1]) * h[$1]
                }
            }
            func sigma(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
            for i in 0..<hidden {
                c[i] = sigma(a[hidden + i]) * c[i] + sigma(a[i]) * Foundation.tanh(a[2 * hidden + i])
                h[i] = sigma(a[3 * hidden + i]) * Foundation.tanh(c[i])
            }
            y.append(h)
        }
        return (y, h, c)
    }

    @Test func `an LSTM in both directions over sequences of several lengths`() throws {
        let net = double { LSTM(2, 3, bidirectional: true) }
        let parameters = try Dictionary(
            uniqueKeysWithValues: net.namedParameters.map { ($0.path, try NaiveArray($0.parameter.value)) })
        let x = normal([4, 2, 2], seed: 1), lengths = [4, 2]
        let (output, state) = net(x, state: nil, lengths: Tensor(lengths))
        #expect(output.shape == [4, 2, 6] && state.map(\.shape) == [[2, 2, 3], [2, 2, 3]])
        let (y, h, c, array) = (
            try NaiveArray(output), try NaiveArray(state[0]), try NaiveArray(state[1]), try NaiveArray(x)
        )
        for n in 0..<2 {
            let rows = (0..<lengths[n]).map { t in (0..<2).map { array[[t, n, $0]] } }
            for (place, suffix) in ["", "_reverse"].enumerated() {
                let expected = lstm(place == 0 ? rows : rows.reversed(), parameters, hidden: 3, suffix: suffix)
                let ordered = place == 0 ? expected.y : expected.y.reversed()
                for t in 0..<4 {
                    for i in 0..<3 {
                        let wanted = t < lengths[n] ? ordered[t][i] : 0
                        #expect(y[[t, n, place * 3 + i]].isClose(to: wanted))
                    }
                }
                for i in 0..<3 {
                    #expect(
                        h[[place, n, i]].isClose(to: expected.h[i]) && c[[place, n, i]].isClose(to: expected.c[i]))
                }
            }
        }
    }

    @Test func `names, and states that go on`() throws {
        let net = double { GRU(3, 2, layers: 2, bidirectional: true) }
        let ends = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        #expect(
            net.namedParameters.map(\.path)
                == ["l0", "l0_reverse", "l1", "l1_reverse"].flatMap { layer in ends.map { "\($0)_\(layer)" } })
        for net in [double { RNN(3, 2, layers: 2) }] {
            let x = normal([5, 2, 3], seed: 1)
            let whole = net(x, state: nil)
            let half = net(x[0..<2], state: nil)
            let rest = net(x[2..<5], state: half.state)
            try expectClose(concatenate([half.output, rest.output]), whole.output.doubles())
            try expectClose(rest.state[0], whole.state[0].doubles())
            // The last output of the last layer is its state.
            try expectClose(whole.output[4], whole.state[0][1].doubles())
        }
        let first = double { LSTM(3, 2, batchFirst: true) }, second = double { LSTM(3, 2) }
        let x = normal([4, 2, 3], seed: 3)
        try expectClose(first(x.swapped(0, 1)).swapped(0, 1), second(x).doubles())
    }

    @Test func `a plan has the same kernels for 1000 steps as for 200`() throws {
        let net = withSeed(1) { LSTM(3, 8, layers: 2, bidirectional: true) }
        let optimizer = Adam(net)
        func kernels(_ length: Int) throws -> [[String]] {
            let recorder = PlanRecorder()
            let x = try Tensor.normal([length, 2, 3], seed: 4).evaluated()
            try recorder.recording {
                let y = net(x, state: nil, lengths: Tensor([length, length - 1])).output
                let loss = mean(y * y)
                try optimizer.minimize(loss)
                _ = try loss.item()
            }
            return recorder.reports.map { plan in
                plan.kernels.map { kernel in
                    let bodies = kernel.bodies.flatMap { $0.kernels.map(\.name) }
                    return kernel.name + (bodies.isEmpty ? "" : " of \(bodies.joined(separator: ", "))")
                }
            }
        }
        // At first there are the parameters to be drawn as well.
        _ = try kernels(1)
        let (long, short) = (try kernels(1000), try kernels(200))
        #expect(long == short)
        // Two layers in two directions, forwards and backwards.
        #expect(long.joined().count { $0.hasPrefix("scan of") } == 8)
    }

    @Test(arguments: [0, 1, 2])
    func `derivatives are those of the steps written one after the other`(_ kind: Int) throws {
        func check<Rule>(_ net: RecurrentNetwork<Rule>) throws {
            let x = normal([5, 2, 3], seed: 5), w = normal([5, 2, 2], seed: 6)
            let parameters = net.parameterValues
            func unrolled(_ x: Tensor, _ p: [String: Tensor]) -> Tensor {
                guard let u = p["weight_ih_l0"], let b = p["bias_ih_l0"], let v = p["weight_hh_l0"],
                    let c = p["bias_hh_l0"]
                else { return x }
                var state = Array(repeating: Tensor.zeros([2, 2], .float64), count: Rule.states)
                return sum(
                    w
                        * stack(
                            (0..<5).map { step in
                                state = Rule.next(
                                    matmul(x[step], u.transposed()) + b, matmul(state[0], v.transposed()) + c, state)
                                return state[0]
                            }))
            }
            func looped(_ x: Tensor, _ p: [String: Tensor]) -> Tensor { net.withParameters(p) { sum(w * net(x)) } }
            let names = parameters.keys.sorted()
            func gradients(_ f: @escaping (Tensor, [String: Tensor]) -> Tensor) throws -> [[Double]] {
                let all = gradient(of: { (p: [String: Tensor]) in f(x, p) })(parameters)
                return try [gradient(of: { f($0, parameters) })(x).doubles()]
                    + names.map { try (all[$0] ?? x).doubles() }
            }
            try expectClose(looped(x, parameters), unrolled(x, parameters).doubles())
            for (mine, plain) in zip(try gradients(looped), try gradients(unrolled)) {
                #expect(mine.count == plain.count && zip(mine, plain).allSatisfy { $0.isClose(to: $1) })
            }
        }
        switch kind {
        case 0: try check(double { RNN(3, 2) })
        case 1: try check(double { LSTM(3, 2) })
        default: try check(double { GRU(3, 2) })
        }
    }

    @Test func `what does not fit is an error`() {
        let net = LSTM(3, 2)
        let x = Tensor.zeros([4, 2, 3])
        #expect(message(of: net(Tensor.zeros([4, 2, 2]))).contains("sequences are [T, N, 3]"))
        #expect(
            message(of: net(x, state: [Tensor.zeros([1, 2, 2])]).output).contains("the state is 2 of shape [1, 2, 2]"))
        #expect(message(of: net(x, state: nil, lengths: Tensor([1])).output).contains("lengths are 2 integers"))
    }
}
