import Foundation
import LeibnizKernels
import Testing

@testable import LeibnizCore

/// The elements of tensors, computed one operation at a time from operands in memory: nothing is simplified or fused.
private func stepwise(_ tensors: [Tensor]) throws -> (values: [[Double]], greatest: Double) {
    let graph = GraphSnapshot(tensors.map(\.node), to: .values)
    var (buffers, greatest) = ([Buffer](), 0.0)
    for entry in graph.entries {
        if let value = entry.value {
            buffers.append(value)
            continue
        }
        let operands = graph.operands(of: entry).map { Tensor(buffers[$0], graph.entries[$0].node.type) }
        let step = GraphSnapshot([Node(entry.node.primitive, operands.map(\.node), entry.node.type)], to: .values)
        let made = try Plan(Program(step), library: Engine.interpreter).run(step.leaves.compactMap(\.value))[0]
        greatest = try Tensor(made, entry.node.type).doubles().reduce(greatest) { max($0, abs($1)) }
        buffers.append(made)
    }
    return (try zip(graph.roots, tensors).map { try Tensor(buffers[$0], $1.type).doubles() }, greatest)
}

extension ProgramLowering {
    /// The first kernel that reads what is not, or not all, written before it.
    var firstEarlyRead: String? {
        var last: [Int: Int] = [:]
        for (place, kernel) in kernels.enumerated() { for number in kernel.written { last[number] = place } }
        for (place, kernel) in kernels.enumerated() {
            for number in kernel.read where !(program[number].primitive is Input) && last[number] ?? place >= place {
                return "kernel \(place) of \(kernels.count) reads \(program[number].primitive) before it is written"
            }
        }
        return nil
    }
}

@Suite struct `Fused graphs` {
    /// The number of random graphs; `LEIBNIZ_TEST_GRAPHS` asks for more.
    private static let count = ProcessInfo.processInfo.environment["LEIBNIZ_TEST_GRAPHS"].flatMap(Int.init) ?? 40
    private static let first = ProcessInfo.processInfo.environment["LEIBNIZ_TEST_FIRST"].flatMap(Int.init) ?? 1

    /// Graphs that once went wrong.
    private static let known = [546, 2191, 2737, 2771, 3910, 4332, 4974, 30113, 30193, 100_012, 502_489]

    @Test(arguments: known + Array(first..<(first + count)))
    func `give what one operation at a time gives, with their derivatives`(seed: Int) throws {
        let (graph, grown) = RandomGraph.grown(seed: seed)
        let (_, gradients) = valueWithGradients(at: graph.leaves, of: grown)
        let tangent = pushforward(grown, at: graph.leaves, along: graph.leaves).tangent
        let asked = Array(graph.tensors.suffix(3)) + gradients + [tangent]
        if let error = asked.lazy.compactMap(\.error).first {
            Issue.record("\(error)")
            return
        }
        #expect(ProgramLowering(Program(GraphSnapshot(asked.map(\.node), to: .values))).firstEarlyRead == nil)
        let (expected, greatest) = try stepwise(asked)
        // Beyond 2⁵³ whole numbers are rounded, and the order of sums counts.
        guard greatest < 0x1p52 else { return }
        for engine in Engine.all {
            for (place, (found, expected)) in zip(try engine.values(of: asked), expected).enumerated() {
                if let difference = firstDifference(found, expected, tolerance: 0) {
                    Issue.record("\(engine), result \(place) of \(asked.count): \(difference)")
                }
            }
        }
        let inner = zip(graph.leaves, expected.dropLast().suffix(graph.leaves.count)).reduce(0) {
            $0 + dot((try? $1.0.doubles()) ?? [], $1.1)
        }
        #expect(expected.last == [inner], "forward against reverse")
    }

    /// All derivatives of a loop that was written out, in one plan: a piece of what is joined may be computed in an earlier kernel than
    /// the piece before it.
    @Test func `read what is joined from pieces after the last of them`() throws {
        let x = try [([3], 1), ([4, 2], 2), ([3, 2], 3)].map { (shape: Shape, seed: Int) in
            try Tensor.normal(shape, deviation: 0.5, seed: seed, .float64).evaluated()
        }
        let step = Scans.steps[6].step
        let plain: ControlLaw.Function = { x in
            var (c, all) = (x[0], [Tensor]())
            for t in 0..<4 {
                let (next, y) = step(c, x[1][t], x[2])
                all.append(y)
                c = next
            }
            return concatenate([c] + all)
        }
        let results = ControlLaw("pieces", at: x, loop: plain, plain: plain).results
        let together = results.map(\.expected)
        #expect(ProgramLowering(Program(GraphSnapshot(together.map(\.node), to: .values))).firstEarlyRead == nil)
        for (number, found) in try Engine.chosen.values(of: together).enumerated() {
            let alone = try Engine.interpreted.values(of: [together[number]])[0]
            #expect(firstDifference(found, alone, tolerance: 1e-10) == nil, "\(results[number].what)")
        }
    }
}
