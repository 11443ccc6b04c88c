import LeibnizKernels

/// A loop or a branch of a plan, made runnable.
enum PlanControl: Sendable {
    case scan(PlanScan), loop(PlanWhile), branch(PlanBranch)

    /// - Parameter types: of the values whose memory it uses, by place.
    init(_ work: ControlWork, types: [TensorType], library: KernelLibrary) throws(LoopNestError) {
        switch work.kind {
        case .scan(let scan): self = .scan(try PlanScan(scan, types: types, library: library))
        case .loop(let loop): self = .loop(try PlanWhile(loop, types: types, library: library))
        case .branch(let branch): self = .branch(try PlanBranch(branch, types: types, library: library))
        }
    }

    /// The bytes that it needs for itself.
    var scratchByteCount: Int {
        switch self {
        case .scan(let scan): scan.scratchByteCount
        case .loop(let loop): loop.scratchByteCount
        case .branch(let branch): branch.scratchByteCount
        }
    }

    /// - Parameters:
    ///   - memory: the addresses of the values that it uses.
    ///   - scratch: memory for itself.
    func run(_ memory: UnsafePointer<UnsafeMutableRawPointer>, scratch: UnsafeMutableRawPointer, pool: ThreadPool)
        -> TensorError?
    {
        switch self {
        case .scan(let scan): scan.run(memory, scratch: scratch, pool: pool)
        case .loop(let loop): loop.run(memory, scratch: scratch, pool: pool)
        case .branch(let branch): branch.run(memory, scratch: scratch, pool: pool)
        }
    }
}

/// Places in memory that a loop has for itself.
struct ScratchLayout {
    private(set) var byteCount = 0

    /// The offset of so many bytes.
    mutating func place(_ count: Int) -> Int {
        defer { byteCount += (count + 63) / 64 * 64 }
        return byteCount
    }
}

extension TensorError {
    /// The error of a kernel in a loop's body, with the step.
    func inStep(_ step: Int) -> TensorError {
        var error = self
        error.reason += ", in step \(step) of the loop"
        return error
    }
}
