import Foundation
import LeibnizKernels
import Synchronization
import Testing

@testable import LeibnizCore

/// Runs `body` on a thread whose stack has 512 KiB.
private func onSmallStack<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Swift.Result { try body() }) }
        thread.stackSize = 512 * 1024
        thread.start()
    }
}

/// A chain of operations on `start`; nothing is evaluated on the way.
private func chain(_ start: Tensor, _ count: Int) -> Tensor {
    var x = start
    for step in 0..<count { x = step % 2 == 0 ? x * 0.5 : x + 1 }
    return x
}

/// What the chain gives for a number.
private func chained(_ start: Double, _ count: Int) -> Double {
    (0..<count).reduce(start) { x, step in step % 2 == 0 ? x * 0.5 : x + 1 }
}

@Suite struct `Deep graphs` {
    @Test func `of a million nodes are built and freed on a small stack`() async throws {
        let depth = try await onSmallStack {
            // A variable keeps the history, so that all of it is there at once.
            let start = Variable(Tensor(1, .float64))
            let end = chain(start.value, 1_000_000)
            return end.node.depth
        }
        #expect(depth == 1_000_000 || Settings.current.isEager)
    }

    /// Each number is used twice: a node that was not found again would be walked 2ⁿ times. The sizes lie around those at which the
    /// snapshot's table grows.
    @Test(arguments: [1, 127, 128, 129, 255, 256, 257, 3000])
    func `have one entry for each node, however often it is used`(count: Int) {
        let start = Variable(Tensor(1, .float64))
        var nodes = [start.value.node]
        for _ in 1..<max(2, count) {
            let last = nodes[nodes.count - 1]
            nodes.append(Node(Add(), [last, last], last.type))
        }
        let graph = GraphSnapshot([nodes[count - 1], nodes[0], nodes[count - 1]], to: .history)
        #expect(graph.entries.map(\.node) == Array(nodes[..<count]))
        #expect(graph.roots == [count - 1, 0, count - 1])
        #expect(
            graph.entries.indices.allSatisfy { place in
                graph.operands(of: graph.entries[place]).elementsEqual(place == 0 ? [] : [place - 1, place - 1])
            })
    }

    @Test func `that nobody differentiates are shortened on the way`() async throws {
        let value = try await onSmallStack { try chain(Tensor(1, .float64), 20_000).item() }
        #expect(value == chained(1, 20_000))
    }

    @Test func `of a hundred thousand nodes run with few distinct kernels, on a small stack`() async throws {
        let (value, kernels) = try await onSmallStack {
            let library = KernelLibrary(backend: Engine.all.count == 1 ? .interpreter : .llvm)
            let start = Variable(Tensor([1.0, 2, 3], .float64))
            try Variable.settle([start])
            let graph = GraphSnapshot([chain(start.value, 100_000).node], to: .values)
            let plan = try Plan(Program(graph), library: library)
            let buffers = try plan.run(graph.leaves.compactMap(\.value))
            return (try Tensor(buffers[0], TensorType([3], .float64)).doubles(), library.count)
        }
        #expect(value == [1, 2, 3].map { chained($0, 100_000) })
        #expect(kernels <= 8, "\(kernels) distinct kernels")
    }

    @Test func `are differentiated on a small stack`() async throws {
        let (value, slope) = try await onSmallStack {
            let (value, slope) = valueWithGradient(at: Tensor(1, .float64)) { chain($0, 5_000) }
            return (try value.item(), try slope.item())
        }
        #expect(value == chained(1, 5_000))
        #expect(slope == 0)  // 2⁻²⁵⁰⁰ is below the least number.
        let tangent = try await onSmallStack {
            try pushforward({ chain($0, 200) }, at: Tensor(1, .float64), along: Tensor(0x1p100, .float64)).tangent
                .item()
        }
        #expect(tangent == 1)
    }

    @Test func `cost by their nodes, not by their paths`() throws {
        // 2⁶⁰ paths.
        let f = { (x: Tensor) in (0..<60).reduce(x) { y, _ in (y + y) * 0.5 } }
        #expect(try f(Tensor(3, .float64)).item() == 3)
        #expect(try gradient(of: f)(Tensor(3, .float64)).item() == 1)
        #expect(try pushforward(f, at: Tensor(3, .float64), along: Tensor(2, .float64)).tangent.item() == 2)
    }

    @Test func `may be wide`() throws {
        let x = Tensor([1.0, 2, 3], .float64)
        let terms = (0..<2_000).map { x * Tensor(Double($0), .float64) }
        let total = terms.reduce(Tensor(0, .float64)) { $0 + $1 }
        #expect(try total.doubles() == [1_999_000, 3_998_000, 5_997_000])
    }
}
