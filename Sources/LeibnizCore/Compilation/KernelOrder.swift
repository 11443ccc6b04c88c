import LeibnizKernels

/// The order in which a plan's kernels run: as they were written, but a kernel that frees at least as much memory as it takes
/// runs as soon as it can.
///
/// The walk from the first gradient visits all of backpropagation before it comes to the others; without this every cotangent
/// on the way would wait in memory for the gradient of its own layer. Linear in the number of kernels and their buffers.
struct KernelOrder {
    /// The kernels in the order in which they run.
    private(set) var kernels: [LoweredKernel] = []

    private let program: Program
    private let given: [LoweredKernel]
    /// What is in no arena: results of the plan and its inputs.
    private let isOutside: (Int) -> Bool
    /// The kernels that a kernel waits for, counted, and those that wait for it.
    private var waiting: [Int]
    private var followers: [[Int]]
    /// The kernels that still have to touch a value.
    private var users: [Int: Set<Int>] = [:]
    private var isDone: [Bool]

    /// - Parameters:
    ///   - dependences: what has to be through before what; there is no circle.
    ///   - kept: the instructions whose memory leaves the plan.
    init(_ program: Program, _ given: [LoweredKernel], _ dependences: KernelDependences, kept: [Int]) {
        let kept = Set(kept)
        (self.program, self.given) = (program, given)
        isOutside = { kept.contains($0) || program[$0].primitive is Input }
        waiting = dependences.before.map(\.count)
        followers = dependences.after.map { $0.sorted() }
        isDone = Array(repeating: false, count: given.count)
        for (place, kernel) in given.enumerated() {
            for number in kernel.memory { users[number, default: []].insert(place) }
        }
        kernels.reserveCapacity(given.count)
        var late = Array(given.indices)
        while !late.isEmpty {
            for place in late where !isDone[place] && waiting[place] == 0 { run(place) }
            late.removeAll { isDone[$0] }
        }
    }

    /// Puts a kernel next, and after it all that now pays at once.
    private mutating func run(_ first: Int) {
        var pending = [first]
        while let place = pending.popLast() {
            if isDone[place] { continue }
            isDone[place] = true
            kernels.append(given[place])
            var candidates: [Int] = []
            for follower in followers[place] {
                waiting[follower] -= 1
                if waiting[follower] == 0 { candidates.append(follower) }
            }
            for number in given[place].memory {
                users[number]?.remove(place)
                if let rest = users[number], rest.count == 1 { candidates += rest }
            }
            for candidate in Set(candidates).sorted(by: >) where isDue(candidate) { pending.append(candidate) }
        }
    }

    /// Whether a kernel can run and leaves no more memory in use than there was.
    private func isDue(_ place: Int) -> Bool {
        guard !isDone[place], waiting[place] == 0 else { return false }
        var growth = 0
        let written = Set(given[place].written)
        for number in given[place].memory where !isOutside(number) {
            let isLast = users[number]?.count == 1
            if written.contains(number) {
                if !isLast { growth += program[number].type.byteCount }
            } else if isLast {
                growth -= program[number].type.byteCount
            }
        }
        return growth <= 0
    }
}
