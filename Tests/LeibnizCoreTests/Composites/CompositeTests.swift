import Testing

@testable import LeibnizCore

/// All that is tried of one composite.
struct CompositeEntry: Sendable, CustomTestStringConvertible {
    let name: String
    let cases: [PrimitiveCase]

    init(_ name: String, _ cases: [PrimitiveCase]) { (self.name, self.cases) = (name, cases) }
    var testDescription: String { name }
}

@Suite struct `Composites` {
    static let entries = statistics + activations + products + decompositions + paddings + transforms

    @Test(arguments: entries)
    func `give what plain loops give`(entry: CompositeEntry) throws { try ValueLaw(entry.name, entry.cases).check() }

    @Test(arguments: entries)
    func `have the derivatives of central differences in every mode`(entry: CompositeEntry) throws {
        for (number, trial) in entry.cases.enumerated() where trial.checksDerivative {
            try DerivativeLaw(entry.name, trial, number).check()
        }
    }

    @Test(arguments: entries)
    func `give for a batch what a loop gives`(entry: CompositeEntry) throws {
        for (number, trial) in entry.cases.enumerated() { try BatchLaw(entry.name, trial, number).check() }
    }

    @Test(arguments: entries)
    func `have the Taylor series of nested derivatives`(entry: CompositeEntry) throws {
        for (number, trial) in entry.cases.enumerated() where trial.checksDerivative {
            try SeriesLaw(entry.name, trial, number).check()
        }
    }
}
