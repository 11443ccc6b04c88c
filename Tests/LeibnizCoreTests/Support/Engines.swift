import LeibnizKernels

@testable import LeibnizCore

/// The ways in which a plan may run: each result is checked for all of them.
enum Engine: String, CaseIterable {
    /// As the process is set up.
    case chosen
    /// The loop-nest interpreter.
    case interpreted

    static let interpreter = KernelLibrary(backend: .interpreter)

    /// Those that differ from each other.
    static var all: [Engine] { Settings.current.backend == .interpreter ? [.chosen] : allCases }

    /// The elements of tensors made of evaluated leaves, computed in one plan.
    func values(of tensors: [Tensor]) throws -> [[Double]] {
        for tensor in tensors { if let error = tensor.error { throw error } }
        let graph = GraphSnapshot(tensors.map(\.node), to: .values)
        let library = self == .chosen ? KernelLibrary.shared : Engine.interpreter
        let buffers = try Plan(Program(graph), library: library).run(graph.leaves.compactMap(\.value))
        return try zip(buffers, tensors).map { try Tensor($0, $1.type).doubles() }
    }
}
