import Foundation
import LeibnizKernels
import Testing

@testable import LeibnizCore

/// Kernels that run in bands, one after the other on a few rows at a time.
@Suite struct `Bands` {
    /// Everything is in bands that can be.
    private static let eager = Banding.Limits(
        leastSaved: 0, bandBytes: 1 << 20, tableBytes: 1 << 20, fewestBands: 2, fewestProducts: 2, fewestNeighbours: 1)

    private func program(_ tensors: [Tensor]) -> (program: Program, leaves: [Buffer]) {
        let graph = GraphSnapshot(tensors.map(\.node), to: .values)
        return (Program(graph), graph.leaves.compactMap(\.value))
    }

    private func values(
        _ tensors: [Tensor], _ library: KernelLibrary, bands: Banding.Limits = Banding.Limits(),
        pool: ThreadPool = .shared
    ) throws -> [[Double]] {
        let (program, leaves) = program(tensors)
        let buffers = try Plan(program, library: library, bands: bands).run(leaves, pool: pool)
        return try zip(buffers, tensors).map { try Tensor($0, $1.type).doubles() }
    }

    /// A graph, its gradients and a tangent.
    private func asked(seed: Int) -> [Tensor] {
        let (graph, grown) = RandomGraph.grown(seed: seed)
        let (_, gradients) = valueWithGradients(at: graph.leaves, of: grown)
        return Array(graph.tensors.suffix(3)) + gradients
    }

    @Test func `of random graphs give what whole kernels give`() throws {
        var (chains, passing) = (0, 0)
        for seed in 1000..<1160 {
            let asked = asked(seed: seed)
            let lowering = ProgramLowering(program(asked).program, bands: Self.eager)
            chains += lowering.chains.count
            passing += lowering.chains.reduce(0) { $0 + $1.passing.count }
            let expected = try values(asked, Engine.interpreter)
            let greatest = expected.joined().reduce(0) { max($0, abs($1)) }
            guard greatest < 0x1p50 else { continue }
            for library in [KernelLibrary.shared, Engine.interpreter] {
                let found = try values(asked, library, bands: Self.eager)
                for (place, (found, expected)) in zip(found, expected).enumerated() {
                    if let difference = firstDifference(found, expected, tolerance: 0) {
                        Issue.record("seed \(seed), result \(place): \(difference)")
                    }
                }
            }
        }
        #expect(chains >= 30 && passing >= 15, "\(chains) chains, \(passing) values that pass through")
    }

    /// Products along two axes of each of 71 matrices, and their sum.
    private func products() throws -> (roots: [Tensor], x: Tensor) {
        let x = try Tensor.normal([71, 96, 64], seed: 1).evaluated()
        let (a, b) = (
            try Tensor.normal([64, 64], deviation: 0.1, seed: 2).evaluated(),
            try Tensor.normal([96, 96], deviation: 0.1, seed: 3).evaluated()
        )
        let first = tanh(matmul(x, a))
        let second = Tensor(Contraction(left: [0, 1, 2], right: [3, 1], output: [0, 3, 2]), [first, b])
        return ([second], x)
    }

    @Test func `are found where rows are all that a kernel reads, and need memory for a band only`() throws {
        let (roots, _) = try products()
        let limits = Banding.Limits(leastSaved: 1 << 20)
        let lowering = ProgramLowering(program(roots).program, bands: limits)
        let chain = try #require(lowering.chains.first)
        // 24 KiB between the products for each of 71 matrices, two of which make a band.
        #expect(chain.places.count == 2 && chain.bandCount == 36)
        #expect(Array(chain.passing.values) == [2 * 96 * 64 * 4])
        let (given, leaves) = program(roots)
        let plan = try Plan(given, bands: limits)
        #expect(plan.launches.count == lowering.kernels.count - 1)
        #expect(plan.arenaByteCount < 71 * 96 * 64 * 4)
        let whole = try values(roots, .shared, bands: Banding.Limits(leastSaved: .max))
        #expect(whole == (try plan.run(leaves).map { try Tensor($0, roots[0].type).doubles() }))
        let exact = try values(roots, Engine.interpreter)
        #expect(firstDifference(whole[0], exact[0], tolerance: 1e-5) == nil)
    }

    @Test(arguments: [1, 2, 3, 5]) func `give the same bits with any number of threads`(threads: Int) throws {
        let (roots, _) = try products()
        let limits = Banding.Limits(leastSaved: 1 << 20)
        let expected = try values(roots, .shared, bands: limits)
        #expect(try values(roots, .shared, bands: limits, pool: ThreadPool(count: threads)) == expected)
    }

    /// An attention's heads, each with products, a softmax and its gradients of its own; what products copy belongs to a thread.
    private func heads(_ count: Int) throws -> [Tensor] {
        let x = try (0..<4).map { try Tensor.normal([count, 256, 32], deviation: 0.5, seed: 40 + $0).evaluated() }
        let f = { (x: [Tensor]) in matmul(softmax(matmul(x[0], x[1].transposed())), x[2]) }
        let (y, pull) = pullback(f, at: Array(x[..<3]))
        return [y] + pull(x[3])
    }

    @Test func `hold products and softmaxes of a head each, where there are enough heads`() throws {
        var limits = Banding.Limits(leastSaved: 1 << 20)
        limits.fewestProducts = 8
        for (count, isBanded) in [(8, true), (7, false)] {
            let roots = try heads(count)
            let lowering = ProgramLowering(program(roots).program, bands: limits)
            #expect((lowering.chains.map(\.places.count).max() ?? 0 >= 4) == isBanded)
            let found = try [1, 2, 5].map {
                try values(roots, .shared, bands: limits, pool: ThreadPool(count: $0))
            }
            #expect(found.allSatisfy { $0 == found[0] })
            for (found, exact) in zip(found[0], try values(roots, Engine.interpreter)) {
                #expect(firstDifference(found, exact, tolerance: 1e-5) == nil)
            }
        }
    }

    @Test func `end where a kernel reads other rows, or sums over them`() throws {
        let (roots, x) = try products()
        let limits = Banding.Limits(leastSaved: 1 << 20)
        func chains(_ roots: [Tensor]) -> Int {
            ProgramLowering(program(roots).program, bands: limits).chains.map(\.places.count).reduce(0, +)
        }
        #expect(chains(roots) == 2)
        let shifted = roots[0].sliced(axis: 0, start: 1, count: 70) * roots[0].sliced(axis: 0, start: 0, count: 70)
        #expect(chains([matmul(shifted, x[0].transposed())]) == 2)
        // As many rows, but each product reads the next one's.
        let next = roots[0].sliced(axis: 0, start: 1, count: 70).padded(axis: 0, before: 0, after: 1)
        let product = matmul(next, x[0].transposed())
        let lowering = ProgramLowering(program([product]).program, bands: limits)
        #expect(lowering.chains.allSatisfy { !$0.places.contains(lowering.kernels.count - 1) })
        let whole = try values([product], .shared, bands: Banding.Limits(leastSaved: .max))
        #expect(try values([product], .shared, bands: limits) == whole)
        // The second product and the sum over rows are one kernel, which reads all of the first.
        #expect(chains([sum(roots[0], axes: [0])]) == 0)
    }

    @Test func `tell in a report who runs together, and when each kernel was done`() throws {
        let (roots, _) = try products()
        let (given, leaves) = program(roots)
        let plan = try Plan(given, bands: Banding.Limits(leastSaved: 1 << 20))
        let recorder = PlanRecorder()
        try recorder.recording { _ = try plan.run(leaves) }
        let run = try #require(recorder.takeRuns().first)
        let kernels = ProgramLowering(given, bands: Banding.Limits(leastSaved: 1 << 20)).kernels.count
        #expect(run.times.count == kernels + 1)
        #expect(run.times == run.times.sorted() && run.times.first != run.times.last)
    }
}
