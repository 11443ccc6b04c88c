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

    /// - Parameter kept: the instructions whose memory leaves the plan.
    init(_ program: Program, _ given: [LoweredKernel], kept: [Int]) {
        let kept = Set(kept)
        (self.program, self.given) = (program, given)
        isOutside = { kept.contains($0) || program[$0].primitive is Input }
        waiting = Array(repeating: 0, count: given.count)
        followers = Array(repeating: [], count: given.count)
        isDone = Array(repeating: false, count: given.count)
        var (lastWriter, readers) = ([Int: Int](), [Int: [Int]]())
        for (place, kernel) in given.enumerated() {
            var before: Set<Int> = []
            for number in kernel.memory {
                users[number, default: []].insert(place)
                if let writer = lastWriter[number] { before.insert(writer) }
            }
            for number in kernel.written {
                // Who reads it half written (a running sum) has to be through, too.
                before.formUnion(readers[number] ?? [])
                (lastWriter[number], readers[number]) = (place, [])
            }
            for number in kernel.awaited { before.formUnion(Self.writers(of: number, lastWriter, program)) }
            for number in kernel.read { readers[number, default: []].append(place) }
            before.remove(place)
            waiting[place] = before.count
            for earlier in before { followers[earlier].append(place) }
        }
        kernels.reserveCapacity(given.count)
        for place in given.indices where !isDone[place] { run(place) }
    }

    /// The kernels after which an instruction is computed: its own, or those of what it is computed from where it is used.
    private static func writers(of number: Int, _ lastWriter: [Int: Int], _ program: Program) -> Set<Int> {
        var (writers, seen, pending) = (Set<Int>(), Set<Int>(), [number])
        while let number = pending.popLast() {
            guard seen.insert(number).inserted else { continue }
            if let writer = lastWriter[number] {
                writers.insert(writer)
            } else {
                pending += program[number].operands
            }
        }
        return writers
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
