import LeibnizKernels

/// Chooses which axis of each intermediate value stands innermost in memory, so that kernels read and write whole vectors.
///
/// Axes that one loop walks in several values belong together: the images of a batch, from the first convolution to the
/// last gradient. Such a *family* is worth what its kernels save if all its members have that axis innermost. Families are
/// tried one after the other, the best first; what a plan is given or returns stays in row-major order, but an input may be
/// copied into the family's order first where that pays.
struct LayoutSearch {
    /// The values that get another layout.
    private(set) var layouts: [Int: Layout] = [:]
    /// What is given, or was left by a loop, and is copied to get one.
    private(set) var copies: [Int: Layout] = [:]
    /// The products that read an input from a copy of their own.
    private(set) var operands: [PackedOperand] = []

    private let program: Program
    private let constants: Set<Int>
    private let nests: [SurveyedNest]
    /// The nests that touch a value's memory.
    private let users: [Int: [Int]]
    /// What may get another layout.
    private let isFree: Set<Int>

    /// An axis of a value in memory.
    private struct Member: Hashable {
        let number: Int
        let axis: Int
    }

    /// - Parameters:
    ///   - kernels: the nests of a survey.
    ///   - fixed: whose memory has to be in row-major order.
    ///   - constants: inputs that stay the same from run to run, so that copies of them are made once.
    init(_ program: Program, _ kernels: [LoweredKernel], fixed: Set<Int>, constants: Set<Int>) {
        (self.program, self.constants) = (program, constants)
        nests = kernels.compactMap { SurveyedNest($0, constants: constants) }
        var users: [Int: [Int]] = [:]
        for (place, nest) in nests.enumerated() {
            for number in Set(nest.accesses.map(\.number)) { users[number, default: []].append(place) }
        }
        self.users = users
        isFree = Set(
            users.keys.filter {
                (!fixed.contains($0) || program[$0].primitive is Part) && program[$0].type.shape.rank > 1
                    && !program.isInOrder($0)
            })
        // Layouts matter between kernels only.
        let isWorthwhile = kernels.count > 1 && isFree.contains { !program.isGiven($0) }
        while isWorthwhile, let best = best(among: families()) {
            layouts.merge(best.layouts) { known, _ in known }
            copies.merge(best.copies) { known, _ in known }
        }
        for nest in nests { pack(nest) }
        for nest in nests { packOperands(nest) }
    }

    // MARK: Packing

    /// The bytes beyond which an operand of a contraction is packed that is summed across its rows, a power of two apart.
    private static let packedBytes = 2 << 20
    /// Rows that lie a multiple of this many elements apart compete for a few lines of each cache.
    fileprivate static let competing = 512
    /// The fewest uses of each element that are worth packing it.
    private static let packedUses = 96

    /// Puts an operand of a large contraction in order for its register tiles: blocks of neighbours along the axis that the result keeps,
    /// one behind the other along the axis that is summed. Rows that lie a power of two apart would compete for a few lines of each cache
    /// (Goto & van de Geijn, *Anatomy of high-performance matrix multiplication*, 2008). What follows the result's neighbours need not be
    /// copied: the kernel itself does so, for each of its tiles. A larger second operand would be read once for each block.
    private mutating func pack(_ nest: SurveyedNest) {
        for access in nest.accesses where access.isInner && isOpen(access.number) {
            let type = program[access.number].type
            let others = nest.accesses.filter { $0.isInner && $0.number != access.number }
            let kept = access.index.indices.filter { axis in
                access.index[axis].terms.contains { nest.isOuter($0.axis) }
            }
            let strides = type.shape.rowMajorStrides
            guard access.index.indices.contains(where: { !kept.contains($0) && strides[$0] % Self.competing == 0 }),
                type.byteCount >= Self.packedBytes, kept.count == 1,
                others.allSatisfy({ program[$0.number].type.byteCount <= type.byteCount }),
                access.index.allSatisfy({ $0.terms.count <= 1 && $0.offset == 0 }),
                nest.uses(of: access) >= Self.packedUses, !isAlongResult(access, kept[0], nest)
            else { continue }
            let layout = Layout(type.shape, innermost: kept[0], blocks: Layout.wideBlocks, isDense: true)
            if layout.isRowMajor { continue }
            if program.isGiven(access.number) {
                copies[access.number] = layout
            } else {
                layouts[access.number] = layout
            }
        }
    }

    /// The sizes of an operand's blocks: few vectors where they follow the result's neighbours, many numbers where each is multiplied
    /// with a vector, so that the rows of a register tile divide them almost evenly.
    private func blocks(_ access: MemoryAccess, _ axis: Int, _ nest: SurveyedNest) -> [Int] {
        isAlongResult(access, axis, nest) ? Layout.tileBlocks : Layout.wideBlocks
    }

    /// Whether an operand's neighbours along an axis belong to neighbours in a result.
    private func isAlongResult(_ access: MemoryAccess, _ axis: Int, _ nest: SurveyedNest) -> Bool {
        let loops = access.index[axis].terms.map(\.axis)
        return nest.accesses.contains { other in
            guard nest.written.contains(other.number) else { return false }
            let strides = layout(other.number).strides
            return loops.contains { other.step(along: $0, strides) == 1 }
        }
    }

    /// The layout of a value as far as it is chosen.
    private func layout(_ number: Int) -> Layout {
        layouts[number] ?? copies[number] ?? Layout(rowMajor: program[number].type.shape)
    }

    /// The fewest operations whose saving is worth another kernel in each run, which hands what it wrote from core to core; and one that
    /// runs once.
    private static let (leastGain, leastGainOnce) = (60_000.0, 20_000.0)

    /// Lets a product read an input across its sum: x·Wᵀ has its vectors along neighbouring results then, instead of adding up lanes
    /// for each. Others may well want the input as it is, so the copy is for this product alone.
    private mutating func packOperands(_ nest: SurveyedNest) {
        let before = nest.cost(layout)
        var best: (operand: PackedOperand, gain: Double)?
        for access in nest.accesses where access.isInner && isFree.contains(access.number) {
            // A copy that others were given may be the wrong one for this product.
            guard program[access.number].primitive is Input, layouts[access.number] == nil,
                access.index.allSatisfy({ $0.offset == 0 }),
                let (contraction, place) = program.product(reading: access.number, in: nest.written, besides: nest.read)
            else { continue }
            let shape = program[access.number].type.shape
            for axis in access.index.indices {
                let chosen = Layout(shape, innermost: axis, blocks: blocks(access, axis, nest))
                let after = nest.cost { $0 == access.number ? chosen : layout($0) } + costOfCopy(access.number)
                // Nobody pays for a copy that is made once.
                let isOnce = constants.contains(access.number)
                let least = isOnce ? max(before / 50, Self.leastGainOnce) : max(before / 20, Self.leastGain)
                guard !chosen.isRowMajor || copies[access.number] != nil, before - after > best?.gain ?? least else {
                    continue
                }
                let operand = PackedOperand(contraction: contraction, operand: place, layout: chosen)
                best = (operand, before - after)
            }
        }
        if let best { operands.append(best.operand) }
    }

    // MARK: Families

    /// The axes of values without a layout yet that belong together.
    private func families() -> [[Member]] {
        var sets = DisjointSets<Member>()
        for nest in nests {
            var first: [Int: Member] = [:]
            for access in nest.accesses where isOpen(access.number) {
                let shape = program[access.number].type.shape
                for (axis, index) in access.index.enumerated() {
                    guard index.offset == 0, index.terms.count == 1, let term = index.terms.first, term.stride == 1,
                        nest.extents[term.axis] == shape[axis]
                    else { continue }
                    let member = Member(number: access.number, axis: axis)
                    sets.join(member, first[term.axis] ?? member)
                    first[term.axis] = first[term.axis] ?? member
                }
            }
        }
        return sets.all.filter { family in family.contains { !program.isGiven($0.number) } }
    }

    private func isOpen(_ number: Int) -> Bool {
        isFree.contains(number) && layouts[number] == nil && copies[number] == nil
    }

    /// The longest innermost axis that need not fall into blocks.
    private static let longestUncut = 1024

    private struct Choice {
        var layouts: [Int: Layout] = [:]
        var copies: [Int: Layout] = [:]
        /// What it saves, in operations.
        var gain = 0.0
    }

    private func best(among families: [[Member]]) -> Choice? {
        families.compactMap { choice(for: $0) }.max { $0.gain < $1.gain }
    }

    /// What a family's layouts save, or nil where they do not pay.
    private func choice(for family: [Member]) -> Choice? {
        var choice = Choice()
        for member in family.sorted(by: { ($0.number, $0.axis) < ($1.number, $1.axis) }) {
            let layout = Layout(program[member.number].type.shape, innermost: member.axis)
            if program.isGiven(member.number) {
                choice.copies[member.number] = layout
            } else {
                choice.layouts[member.number] = layout
            }
        }
        if choice.layouts.values.allSatisfy(\.isRowMajor) { return nil }
        // Without blocks neighbours along all other axes would lie in different pages.
        let isScattered = family.contains { member in
            guard let layout = choice.layouts[member.number], !layout.isRowMajor, layout.block == nil else {
                return false
            }
            return program[member.number].type.shape[member.axis] > Self.longestUncut
        }
        if isScattered { return nil }
        var (before, after) = (cost(of: choice, isApplied: false), cost(of: choice, isApplied: true))
        let tolerance = before / 20
        // A copy that is not worth its pass over memory is left out again.
        for input in choice.copies.keys.sorted() {
            var without = choice
            without.copies[input] = nil
            let (otherBefore, otherAfter) = (
                cost(of: choice, isApplied: false), cost(of: without, isApplied: true, touching: choice)
            )
            if otherAfter <= after { (choice, before, after) = (without, otherBefore, otherAfter) }
        }
        choice.gain = before - after
        return choice.gain > tolerance ? choice : nil
    }

    // MARK: Cost

    /// What a copy of an input costs.
    private func costOfCopy(_ input: Int) -> Double {
        constants.contains(input) ? 0 : 1.5 * Double(program[input].type.shape.count)
    }

    /// What the nests that touch a choice's values cost, with it or without.
    private func cost(of choice: Choice, isApplied: Bool, touching other: Choice? = nil) -> Double {
        let touched = other ?? choice
        let places = Set((Array(touched.layouts.keys) + touched.copies.keys).flatMap { users[$0] ?? [] })
        func layout(_ number: Int) -> Layout {
            let chosen = isApplied ? choice.layouts[number] ?? choice.copies[number] : nil
            return chosen ?? self.layout(number)
        }
        var sum = places.reduce(0.0) { $0 + nests[$1].cost(layout) }
        if isApplied {
            for (input, layout) in choice.copies where !layout.isRowMajor { sum += costOfCopy(input) }
        }
        return sum
    }
}

extension Program {
    /// Whether the order of a value's axes was chosen with care, by who wrote the operation or when the program was rewritten.
    fileprivate func isInOrder(_ number: Int) -> Bool {
        self[number].primitive is FixedProduct || self[number].primitive is Copy
            || self[number].primitive is Contraction
                && self[number].operands.allSatisfy { self[$0].primitive is FixedProduct }
    }

    /// Whether a value's memory is filled by who knows nothing of layouts: who runs the plan, or a loop in it. It can be copied.
    fileprivate func isGiven(_ number: Int) -> Bool {
        self[number].primitive is Input || self[number].primitive is Part
    }
}

/// A nest of a survey, as the search for layouts sees it.
private struct SurveyedNest {
    let extents: [Int]
    let accesses: [MemoryAccess]
    let written: [Int]
    let read: Set<Int>
    private let outer: [Int]
    private let inner: [Int]
    /// The loop that runs inside of all others.
    private let innermost: Int?
    private let outerPoints: Double
    /// The points of an average walk of the stages.
    private let innerPoints: Double
    private let addsUpProducts: Bool
    private let constants: Set<Int>

    /// The lanes of an average machine's vectors: the choice depends on ratios only, and is the same everywhere.
    private static let lanes = 8.0

    init?(_ kernel: LoweredKernel, constants: Set<Int>) {
        self.constants = constants
        guard case .nest(let nest) = kernel.work else { return nil }
        extents = nest.axes.map(\.extent)
        accesses = kernel.accesses
        (written, read, addsUpProducts) = (kernel.written, Set(kernel.read), nest.addsUpProducts)
        outer = nest.outer.filter { !nest.sequential.contains($0) }
        inner = nest.stages.filter { !$0.ordered }.flatMap(\.axes)
        innermost = nest.stages.first?.axes.last
        outerPoints = nest.outer.reduce(1) { $0 * Double(nest.axes[$1].extent) }
        let walks = nest.stages.filter { !$0.axes.isEmpty }.map { stage in
            stage.axes.reduce(1.0) { $0 * Double(nest.axes[$1].extent) }
        }
        innerPoints = outerPoints * (walks.isEmpty ? 1 : walks.reduce(0, +) / Double(walks.count))
    }

    /// Whether a loop is around all stages.
    func isOuter(_ axis: Int) -> Bool { outer.contains(axis) }

    /// How often each element that an access reads is read.
    func uses(of access: MemoryAccess) -> Int {
        let moving = Set(access.index.flatMap { $0.terms.map(\.axis) })
        return outer.reduce(1) { moving.contains($1) ? $0 : $0 * extents[$1] }
    }

    /// Vector operations that the nest takes along its best axis.
    func cost(_ layout: (Int) -> Layout) -> Double {
        let strides = accesses.map { (access: $0, strides: layout($0.number).strides) }
        var best = min(innerPoints * Double(accesses.count + 1), costAlongStages(strides))
        let correlates = correlatesWindows
        for axis in outer where extents[axis] > 1 {
            let lanes = lanes(extents[axis])
            var sum = innerPoints / lanes
            for (access, strides) in strides {
                let points = access.isInner ? innerPoints : outerPoints
                switch abs(access.step(along: axis, strides)) {
                case 0:
                    let each = correlates ? 1.1 : isScattered(access, strides) ? Self.scattered : 0.3
                    sum += each * points / lanes
                // Windows that slide along the vectors begin anywhere and end under masks.
                case 1:
                    let isCopied = isCopiedEachTime(access, strides)
                    sum += (access.slides(along: axis) ? 2 : isCopied ? 1.5 : 1) * points / lanes
                case 2: sum += 2.5 * points / lanes
                default: sum += costOfCopy(access, along: axis).map { points / lanes * $0 } ?? points
                }
            }
            best = min(best, sum)
        }
        return best
    }

    /// What a number that goes with a whole vector costs if its line is used for nothing else.
    private static let scattered = 0.8
    /// The elements of a line of the caches.
    private static let line = 16

    /// Whether each step of the innermost loop reads lines of its own for the numbers that go with vectors, one for each of a tile's rows:
    /// more than the next cache has time for.
    private func isScattered(_ access: MemoryAccess, _ strides: [Int]) -> Bool {
        guard access.isInner, let innermost, abs(access.step(along: innermost, strides)) >= Self.line else {
            return false
        }
        let rows = outer.filter { access.step(along: $0, strides) != 0 }.max { extents[$0] < extents[$1] }
        return rows.map { abs(access.step(along: $0, strides)) >= Self.line / 2 } ?? false
    }

    /// Whether the kernel would copy what stays the same in each run, for its rows compete for few lines of the caches.
    private func isCopiedEachTime(_ access: MemoryAccess, _ strides: [Int]) -> Bool {
        guard addsUpProducts, access.isInner, constants.contains(access.number) else { return false }
        let rows = inner.filter { access.step(along: $0, strides) > 0 }
        return rows.reduce(1) { $0 * extents[$1] } >= Self.competingRows
            && rows.contains { access.step(along: $0, strides) % LayoutSearch.competing == 0 }
    }

    /// So many rows that compete do not stay next to a core.
    private static let competingRows = 64

    /// The operations for each vector of an operand that the kernel itself copies, so that it need not be read across; nil where it cannot.
    private func costOfCopy(_ access: MemoryAccess, along axis: Int) -> Double? {
        guard addsUpProducts, access.isInner, !constants.contains(access.number),
            access.index.allSatisfy({ $0.terms.count <= 1 && $0.offset == 0 })
        else { return nil }
        let moving = Set(access.index.flatMap { $0.terms.map(\.axis) })
        let uses = outer.filter { !moving.contains($0) }.map { extents[$0] / Packing.expectedCopies }.max() ?? 0
        return uses >= Packing.fewestUses ? 1 + Packing.operations / Double(uses) : nil
    }

    /// The vectors' lanes that an axis of this extent can use on average.
    private func lanes(_ extent: Int) -> Double { Double(extent) / (Double(extent) / Self.lanes).rounded(.up) }

    /// Whether it adds up images seen through windows, for few results: the derivative in a convolution's kernels. Its register tiles are
    /// small where vectors run along results, and each number that goes with a vector is loaded for few of them.
    private var correlatesWindows: Bool {
        innerPoints >= Self.longSum * outerPoints
            && accesses.contains { $0.isInner && $0.index.contains { $0.terms.count > 1 } }
    }

    /// So many numbers in a sum are many.
    private static let longSum = 2048.0

    /// What the nest takes with vectors along the stages' own axes: the sums of their lanes have to be added up at the end.
    private func costAlongStages(_ strides: [(access: MemoryAccess, strides: [Int])]) -> Double {
        guard let longest = inner.map({ extents[$0] }).max(), longest > 1 else { return .infinity }
        let lanes = lanes(longest)
        var sum = innerPoints / lanes + 4 * outerPoints
        for (access, strides) in strides {
            if !access.isInner {
                sum += outerPoints
                continue
            }
            let steps = inner.map { access.step(along: $0, strides) }
            if steps.contains(1) {
                sum += innerPoints / lanes
            } else {
                sum += steps.allSatisfy { $0 == 0 } ? 0.3 * innerPoints / lanes : innerPoints
            }
        }
        return sum
    }
}

extension MemoryAccess {
    /// The distance in memory between neighbours along a loop.
    fileprivate func step(along axis: Int, _ strides: [Int]) -> Int {
        zip(strides, index).reduce(0) { $0 + $1.0 * $1.1.stride(of: axis) }
    }

    /// Whether another loop or a constant moves what is read along the axis.
    fileprivate func slides(along axis: Int) -> Bool {
        index.contains { $0.stride(of: axis) != 0 && ($0.terms.count > 1 || $0.offset != 0) }
    }
}

/// Sets of things that were found to belong together.
private struct DisjointSets<Element: Hashable> {
    private var numbers: [Element: Int] = [:]
    private var elements: [Element] = []
    private var parents: [Int] = []

    private mutating func number(_ element: Element) -> Int {
        if let known = numbers[element] { return known }
        numbers[element] = elements.count
        parents.append(elements.count)
        elements.append(element)
        return elements.count - 1
    }

    private func root(_ number: Int) -> Int {
        var number = number
        while parents[number] != number { number = parents[number] }
        return number
    }

    mutating func join(_ a: Element, _ b: Element) {
        let (first, second) = (number(a), number(b))
        let (a, b) = (root(first), root(second))
        parents[max(a, b)] = min(a, b)
    }

    /// The sets, in the order in which their first elements came.
    var all: [[Element]] {
        var sets: [Int: [Element]] = [:]
        for (number, element) in elements.enumerated() { sets[root(number), default: []].append(element) }
        return sets.keys.sorted().map { sets[$0] ?? [] }
    }
}
