import LeibnizKernels
import Testing

@testable import LeibnizCore

@Suite struct `Pieces of scans` {
    private static let (rows, width, length) = (24, 16, 40)

    private static func data(_ shape: Shape, seed: Int) throws -> Tensor {
        try Tensor.normal(shape, deviation: 0.5, seed: seed, .float64).evaluated()
    }

    /// What bodies may use: states, slices of [T, rows, width] and [T], weights, a factor for each row, and the steps so far.
    struct Given {
        var state: Tensor
        var other: Tensor
        var count: Tensor
        var slice: Tensor
        var number: Tensor
        var weights: Tensor
        var factors: Tensor
    }

    /// Gives the next two states and an output.
    typealias Body = @Sendable (Given) -> (Tensor, Tensor, Tensor)

    /// Bodies whose rows do not know of each other.
    static let bodies: [(name: String, body: Body)] = [
        (
            "recurrent net",
            { g in
                let next: Tensor = tanh(matmul(g.state, g.weights) + g.slice)
                return (next, g.other * 0.5 + next, next)
            }
        ),
        (
            "states that change places, and one that is the output",
            { g in
                let next: Tensor = g.other + g.number * g.factors + matmul(g.slice, g.weights)
                return (g.other, g.state, next)
            }
        ),
        (
            "the steps so far",
            { g in
                let next: Tensor = 0.9 * g.state + 0.001 * g.count * matmul(g.slice, g.weights)
                return (next, g.slice, next + g.other)
            }
        ),
        (
            "sums, extremes and parts along columns",
            { g in
                let p: Tensor = softmax(g.state)
                let halves: [Tensor] = [
                    p.sliced(axis: 1, start: 0, count: 8), g.slice.sliced(axis: 1, start: 8, count: 8),
                ]
                let best: Tensor = max(g.slice, axes: [1], keepingAxes: true)
                let next: Tensor = concatenate(halves, axis: 1) * 0.5 + 0.1 * best
                return (next, which(g.slice > 0, g.other, p), cumulativeSum(p, axis: 1))
            }
        ),
        (
            "other shapes",
            { g in
                let x: Tensor = g.state.reshaped(to: [rows, 4, 4]).transposed([0, 2, 1])
                let y: Tensor = matmul(x, g.slice.reshaped(to: [rows, 4, 4])) * 0.3
                let next: Tensor = y.padded(axis: 2, before: 1, after: 0).sliced(axis: 2, start: 0, count: 4).reshaped(
                    to: [rows, width])
                return (next + g.factors, g.other + sum(x, axes: [1, 2]).expanded(at: 1), next)
            }
        ),
    ]

    private static func results(_ body: Body, reversed: Bool, rows: Int = rows) throws -> [Tensor] {
        let (h, o) = (try data([rows, width], seed: 1), try data([rows, width], seed: 2))
        let (xs, ns) = (try data([length, rows, width], seed: 3), try data([length], seed: 4))
        let (w, f) = (try data([width, width], seed: 5), try data([rows, 1], seed: 6))
        func run(_ given: [Tensor]) -> [Tensor] {
            let states: [Tensor] = [given[0], given[1], Tensor.zeros([], .float64)]
            let found: (carry: [Tensor], outputs: Tensor) = scan(states, over: [given[2], ns], reversed: reversed) {
                (c: [Tensor], x: [Tensor]) -> ([Tensor], Tensor) in
                let (a, b, y) = body(
                    Given(
                        state: c[0], other: c[1], count: c[2], slice: x[0], number: x[1], weights: given[3],
                        factors: given[4]))
                return ([a, b, c[2] + 1], y)
            }
            return found.carry + [found.outputs]
        }
        let leaves = [h, o, xs, w, f]
        let forwards = run(leaves)
        let (_, gradients) = valueWithGradients(at: leaves) { leaves -> Tensor in
            let all = run(leaves)
            return sum(sin(all[0])) + sum(all[1] * all[1]) + sum(sin(all[3]))
        }
        return forwards + gradients
    }

    private static func values(_ roots: [Tensor], threads: Int, interpreted: Bool = false) throws -> [[Double]] {
        let graph = GraphSnapshot(roots.map(\.node), to: .values)
        let pool = ThreadPool(count: threads)
        let library = KernelLibrary(backend: interpreted ? .interpreter : .llvm, pool: pool)
        let buffers = try Plan(Program(graph), library: library).run(graph.leaves.compactMap(\.value), pool: pool)
        return try zip(buffers, roots).map { try Tensor($0, $1.type).doubles() }
    }

    /// The pieces of each scan.
    private static func pieces(_ roots: [Tensor], threads: Int) -> [Int] {
        ProgramLowering(Program(GraphSnapshot(roots.map(\.node), to: .values))).kernels.compactMap { kernel in
            guard case .control(let control) = kernel.work else { return nil }
            return control.bodies(threads: threads)[0].pieces
        }
    }

    /// Two and three threads, and the interpreter, compute what one thread computes, in as many pieces as threads.
    private static func check(_ roots: [Tensor]) throws {
        let whole = try values(roots, threads: 1)
        for (threads, interpreted) in [(2, false), (3, false), (2, true)] {
            #expect(pieces([roots[3]], threads: threads) == [threads])
            let found = try values(roots, threads: threads, interpreted: interpreted)
            for (place, (found, whole)) in zip(found, whole).enumerated() {
                let difference = firstDifference(found, whole, tolerance: 1e-10)
                #expect(difference == nil, "result \(place) on \(threads) threads")
            }
            #expect(try values(roots, threads: threads, interpreted: interpreted) == found, "the same bits again")
        }
    }

    @Test(arguments: bodies.indices, [false, true])
    func `compute what the whole does`(number: Int, reversed: Bool) throws {
        let roots = try Self.results(Self.bodies[number].body, reversed: reversed)
        #expect(Self.pieces([roots[0], roots[1], roots[3]], threads: 2) == [2])
        if number == 0 { #expect(Self.pieces(roots, threads: 2) == [2, 2]) }
        try Self.check(roots)
    }

    @Test(arguments: 0..<4, [false, true])
    func `share rows that do not come out even`(number: Int, reversed: Bool) throws {
        try Self.check(try Self.results(Self.bodies[number].body, reversed: reversed, rows: 25))
    }

    @Test func `run on a pool of other threads as well`() throws {
        let roots = try Self.results(Self.bodies[0].body, reversed: false)
        let graph = GraphSnapshot(roots.map(\.node), to: .values)
        let plan = try Plan(Program(graph), library: KernelLibrary(pool: ThreadPool(count: 2)))
        let leaves = graph.leaves.compactMap(\.value)
        func values(_ pool: ThreadPool) throws -> [[Double]] {
            try zip(try plan.run(leaves, pool: pool), roots).map { try Tensor($0, $1.type).doubles() }
        }
        let expected = try values(ThreadPool(count: 2))
        #expect(try values(ThreadPool(count: 1)) == expected && values(ThreadPool(count: 3)) == expected)
    }

    @Test func `are not made where rows know of each other, or are few`() throws {
        func pieces(rows: Int = Self.rows, threads: Int = 2, _ body: @escaping Body) throws -> [Int] {
            Self.pieces(Array(try Self.results(body, reversed: false, rows: rows)[...3]), threads: threads)
        }
        let fine = Self.bodies[0].body
        #expect(try pieces(fine) == [2] && pieces(rows: 16, fine) == [2] && pieces(rows: 80, threads: 4, fine) == [4])
        #expect(
            try pieces(rows: 17, fine) == [2] && pieces(rows: 37, fine) == [2]
                && pieces(rows: 33, threads: 3, fine) == [3])
        // Seven rows of 14, and five of 20 for each of four threads.
        #expect(try pieces(rows: 14, fine) == [1] && pieces(rows: 20, threads: 4, fine) == [1])
        #expect(try pieces(threads: 1, fine) == [1])
        func isWhole(_ step: @escaping @Sendable (Given) -> Tensor) throws -> Bool {
            try pieces { (g: Given) in
                let next = step(g)
                return (next, g.other, next)
            } == [1]
        }
        #expect(try isWhole { $0.state - 0.1 * sum($0.state, axes: [0], keepingAxes: true) })
        #expect(try isWhole { $0.state.flipped([0]) + matmul($0.slice, $0.weights) })
        #expect(try isWhole { matmul(matmul($0.state, $0.state.transposed()), $0.slice) * 0.01 })
        // Here each state looks at all slices, but at no other state.
        #expect(try !isWhole { matmul(matmul($0.state, $0.slice.transposed()), $0.slice) * 0.01 })
        #expect(try isWhole { $0.slice + $0.state.gathered(Tensor(copying: (0..<24).map { Int64(23 - $0) }, [24])) })
        #expect(try isWhole { cumulativeSum($0.state, axis: 0) * 0.1 + matmul($0.slice, $0.weights) })
        #expect(
            try isWhole {
                softmax($0.state.reshaped(to: [12, 32])).reshaped(to: [24, 16]) + matmul($0.slice, $0.weights)
            })
        // What all rows add to.
        #expect(try pieces { g in (g.state, g.other, sum(matmul(g.slice, g.weights))) } == [1])
    }

    @Test func `are told in a report`() throws {
        let roots = try Self.results(Self.bodies[0].body, reversed: false)
        let library = KernelLibrary(pool: ThreadPool(count: 2))
        let plan = try Plan(Program(GraphSnapshot([roots[0].node], to: .values)), library: library)
        let kernels = PlanReport(plan, library: library).kernels.filter { !$0.bodies.isEmpty }
        #expect(kernels.count == 1 && kernels[0].bodies.map(\.pieces) == [2] && kernels[0].bodies.map(\.count) == [40])
        let products = 40 * 2 * 24 * 16 * 16.0
        #expect(kernels[0].description.totals.operations >= products, "both pieces count")
        #expect(kernels[0].bodies[0].kernels.allSatisfy { $0.description.threads == 1 })
    }
}
