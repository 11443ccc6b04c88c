import LeibnizKernels

/// A program as kernels in the order in which they run.
struct ProgramLowering {
    /// What was lowered: the given program, with copies of inputs where another layout pays.
    let program: Program
    /// What is launched.
    let kernels: [LoweredKernel]
    /// The kernels that run in bands.
    let chains: [BandedChain]
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
    /// The places of inputs that stay the same from run to run.
    let constants: Range<Int>

    /// - Parameters:
    ///   - replacements: pairs of an output and an input of the program, by place, where nobody may want the input any more.
    ///   - constants: the places of inputs that stay the same from run to run; what is made of these alone costs next to nothing.
    ///   - bands: when kernels run in bands.
    init(
        _ given: Program, replacements: [Replacement] = [], constants: Range<Int> = 0..<0,
        bands: Banding.Limits = Banding.Limits()
    ) {
        self.constants = constants
        let survey = Attempt(given, layouts: Layouts(given), isSurvey: true)
        // Layouts are chosen for kernels as they will be joined.
        let surveyed = KernelJoining(given, survey.kernels, kept: survey.kept, isSurvey: true).kernels
        let search = LayoutSearch(
            given, surveyed, fixed: survey.pinned.union(survey.kept), constants: Set(constants.map { given.inputs[$0] })
        )
        let (copied, numbers) = given.copying(search.copies, for: search.operands)
        var chosen = copied.layoutsOfCopies
        for (number, layout) in search.layouts { chosen[numbers[number]] = layout }

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
        let ordered = KernelOrder(program, joined, dependences, kept: kept).kernels
        let banding = Banding(
            program, ordered, layouts: layouts, shared: Set(updates.map(\.output)), kept: kept, limits: bands)
        (kernels, chains) = (banding.kernels, banding.chains)
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
                if let part = program[number].primitive as? Part {
                    isNeeded.insert(lowering.need(part, number))
                    continue
                }
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
