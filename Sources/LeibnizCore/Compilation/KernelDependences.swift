/// Which kernels have to be through before another can run.
struct KernelDependences {
    /// The kernels that each one waits for.
    private(set) var before: [Set<Int>]
    /// Those that wait for it.
    private(set) var after: [Set<Int>]

    /// What follows from the memory that kernels share, when they were written in an order in which they could run.
    init(_ program: Program, _ kernels: [LoweredKernel]) {
        before = Array(repeating: [], count: kernels.count)
        after = before
        var (lastWriter, readers) = ([Int: Int](), [Int: [Int]]())
        for (place, kernel) in kernels.enumerated() {
            var earlier: Set<Int> = []
            for number in kernel.memory {
                if let writer = lastWriter[number] { earlier.insert(writer) }
            }
            for number in kernel.written {
                // Who reads it half written (a running sum) has to be through, too.
                earlier.formUnion(readers[number] ?? [])
                (lastWriter[number], readers[number]) = (place, [])
            }
            for number in kernel.awaited { earlier.formUnion(Self.writers(of: number, lastWriter, program)) }
            for number in kernel.read { readers[number, default: []].append(place) }
            for other in earlier where other != place { add(other, before: place) }
        }
    }

    /// Lets a kernel wait for another.
    mutating func add(_ earlier: Int, before later: Int) {
        before[later].insert(earlier)
        after[earlier].insert(later)
    }

    /// Whether one of some kernels waits for `place`, directly or not. Linear in the number of kernels behind it.
    func isAwaited(_ place: Int, by others: Set<Int>) -> Bool {
        var (seen, pending) = (Set([place]), [place])
        while let place = pending.popLast() {
            for next in after[place] where seen.insert(next).inserted {
                if others.contains(next) { return true }
                pending.append(next)
            }
        }
        return false
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
}
