import LeibnizKernels

/// A program as kernels in the order in which they run.
struct ProgramLowering {
    /// What was lowered: the given program, with copies of inputs where another layout pays.
    let program: Program
    /// What is launched.
    let kernels: [LoweredKernel]
    /// The instructions whose memory leaves the plan, in order.
    let kept: [Int]
    /// For each output the instruction whose memory it shares.
    let bases: [Int]
    /// The order in memory of all that is in memory.
    let layouts: Layouts
    /// Why operations have memory of their own.
    let reasons: [Int: MemoryReason]
    /// The outputs that may take the memory of the inputs that they replace.
    let updates: [InPlaceUpdate]

    /// - Parameter replacements: pairs of an output and an input of the program, by place, where nobody may want the input
    ///   any more.
    init(_ given: Program, replacements: [Replacement] = []) {
        let survey = Attempt(given, layouts: Layouts(given), isSurvey: true)
        // Layouts are chosen for kernels as they will be joined.
        let surveyed = KernelJoining(given, survey.kernels, kept: survey.kept, isSurvey: true).kernels
        let search = LayoutSearch(given, surveyed, fixed: survey.pinned.union(survey.kept))
        let (copied, numbers) = given.copying(Set(search.copies.keys))
        var chosen: [Int: Layout] = [:]
        for (number, layout) in search.layouts { chosen[numbers[number]] = layout }
        for (number, layout) in search.copies { chosen[numbers[number]] = layout }

        var attempt = Attempt(copied, layouts: Layouts(copied, chosen))
        // Every round pins something, so there is an end.
        while !attempt.pinned.isDisjoint(with: chosen.keys) {
            for number in attempt.pinned { chosen[number] = nil }
            attempt = Attempt(copied, layouts: Layouts(copied, chosen))
        }
        let joining = KernelJoining(copied, attempt.kernels, kept: attempt.kept)
        let joined = joining.kernels
        (program, kept, bases) = (joining.program, attempt.kept, attempt.bases)
        (layouts, reasons) = (attempt.layouts.extended(to: program), attempt.reasons)
        var dependences = KernelDependences(program, joined)
        updates =
            replacements.isEmpty
            ? []
            : InPlaceUpdates(program, joined, bases: bases, layouts).chosen(replacements, &dependences)
        kernels = KernelOrder(program, joined, dependences, kept: kept).kernels
    }

    /// One way through all roots, with layouts that may turn out to be impossible.
    private struct Attempt {
        let kernels: [LoweredKernel]
        let pinned: Set<Int>
        let kept: [Int]
        let bases: [Int]
        let layouts: Layouts
        let reasons: [Int: MemoryReason]

        init(_ program: Program, layouts: Layouts, isSurvey: Bool = false) {
            // A reshape of row-major memory is that memory.
            bases = program.outputs.map { program.unshaped($0) }
            let outputs = Set(bases.filter { !(program[$0].primitive is Input) })
            kept = outputs.sorted()
            let copies = program.instructions.indices.filter { program[$0].primitive is Copy }
            var lowering = RootLowering(
                program, fusion: Fusion(program, roots: outputs.union(copies)), layouts: layouts, isSurvey: isSurvey)
            var (isNeeded, last) = (outputs, [[LoweredKernel]]())
            for number in program.instructions.indices.reversed()
            where isNeeded.contains(number) && !lowering.fusion.isTap(number) {
                // Nothing has to be done for nothing.
                if program[number].type.shape.count == 0 { continue }
                let own = lowering.kernels(of: number)
                last.append(own)
                for kernel in own { isNeeded.formUnion(kernel.memory.filter { !(program[$0].primitive is Input) }) }
            }
            kernels = last.reversed().flatMap { $0 }
            pinned = lowering.layouts.pinned.union(outputs)
            (self.layouts, reasons) = (lowering.layouts, lowering.fusion.reasons)
        }
    }
}

/// The same elements in memory of their own, perhaps in another layout.
struct Copy: ConstantPrimitive, PointwisePrimitive {
    var name: String { "copy" }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { operands[0] }
    func lowered(_ operands: [Scalar]) -> Scalar { operands[0] }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? { nil }
    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? { nil }
    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] { [nil] }
}

extension Program {
    /// The same program in which all users of some inputs read copies of them.
    ///
    /// - Returns: it, and the new number of each instruction: for those inputs, their copy's.
    func copying(_ chosen: Set<Int>) -> (program: Program, numbers: [Int]) {
        if chosen.isEmpty { return (self, Array(instructions.indices)) }
        var (result, numbers, originals) = (Program(), [Int](), [Int: Int]())
        for (number, instruction) in instructions.enumerated() {
            let written = result.append(
                instruction.primitive, instruction.operands.map { numbers[$0] }, instruction.type)
            originals[number] = written
            numbers.append(chosen.contains(number) ? result.append(Copy(), [written], instruction.type) : written)
        }
        result.inputs = inputs.compactMap { originals[$0] }
        result.outputs = outputs.compactMap { originals[$0] }
        return (result, numbers)
    }
}
