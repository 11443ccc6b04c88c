/// Why an operation's value is in memory, where it could have been computed inside its user's kernel.
enum MemoryReason: Hashable, Sendable {
    /// The plan returns it, or it is an input in another order.
    case wanted
    /// It is read at indices that are data.
    case readWhole
    /// It is made by kernels of its own kind: a sort, a scatter, a running sum, pieces that are put together, a loop.
    case ownKernels
    /// The kernel where it is used has as many operations as a kernel may have.
    case fullKernel
    /// Its user needs each element about so many times.
    case repetitions(Int)
    /// So many places need it, in so many kernels.
    case places(Int, kernels: Int)
    /// It is a reduction whose results its user's loops do not need once per row, nor add up.
    case reduction
    /// No index of its user's loops leads to its elements.
    case unreachable

    /// The reason in a few words.
    ///
    /// - Parameter readers: the operations through which its elements are read.
    func text(readers: [String]) -> String {
        let readers = readers.isEmpty ? "" : " (\(readers.joined(separator: ", ")))"
        switch self {
        case .wanted: return "a result of the plan"
        case .readWhole: return "read at indices that are data"
        case .ownKernels: return "made by a kernel of its own kind"
        case .fullKernel: return "the kernel that needs it is full"
        case .repetitions(let count):
            return "each element is needed about \(count) times" + readers + ", and is dearer to compute than to read"
        case .places(let places, kernels: 1):
            return "needed at \(places) places" + readers + ", and dearer to compute than to read"
        case .places(_, let kernels):
            return "needed in \(kernels) kernels" + readers + ", and dearer to compute than to read"
        case .reduction: return "a reduction that is no stage of its user's loops" + readers
        case .unreachable: return "no index of its user's loops leads to its elements" + readers
        }
    }
}
