import Testing

@testable import LeibnizCore

/// Every primitive gives what plain loops give: compiled and interpreted, in every element type, on every shape and view.
struct ValueLaw {
    private var tensors: [Tensor] = []
    private var expectations: [(label: String, expected: Block, tolerance: Double)] = []

    init(_ name: String, _ cases: [PrimitiveCase]) {
        for (number, trial) in cases.enumerated() {
            for type in trial.types {
                // The reference sees rounded operands too: rounding them is no error of the operation.
                let blocks = zip(trial.blocks(seed: number + 1), trial.operands).map { $0.rounded(to: $1.type ?? type) }
                let tensor = trial.body(trial.tensors(blocks, type))
                let expected = trial.reference(blocks).rounded(to: tensor.elementType)
                tensors.append(tensor)
                expectations.append(
                    (
                        "\(name), case \(number) of \(trial.operands.map(\.extents)), \(type)",
                        expected,
                        tensor.elementType == .float64
                            ? trial.tolerance : tensor.elementType == .float32 ? trial.tolerance32 : 0
                    ))
            }
        }
    }

    /// Every deviation is an issue.
    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for (tensor, expectation) in zip(tensors, expectations) {
            if let error = tensor.error {
                Issue.record("\(expectation.label): \(error)", sourceLocation: sourceLocation)
            }
            #expect(
                tensor.type.shape.extents == expectation.expected.extents, "\(expectation.label)",
                sourceLocation: sourceLocation)
        }
        guard !tensors.contains(where: \.isInvalid) else { return }
        for engine in Engine.all {
            for (values, expectation) in zip(try engine.values(of: tensors), expectations) {
                if let difference = firstDifference(
                    values, expectation.expected.numbers, tolerance: expectation.tolerance)
                {
                    Issue.record("\(engine): \(expectation.label): \(difference)", sourceLocation: sourceLocation)
                }
            }
        }
    }
}

extension Block {
    /// The numbers as an element type holds them; real ones of float64 stay.
    fileprivate func rounded(to type: ElementType) -> Block {
        switch type {
        case .float64: self
        case .float32: Block(extents, numbers.map { Double(Float($0)) })
        case .bool: Block(extents, numbers.map { $0 == 0 ? 0 : 1 })
        case .int32, .int64, .uint8: Block(extents, numbers.map { $0.rounded(.towardZero) })
        }
    }
}
