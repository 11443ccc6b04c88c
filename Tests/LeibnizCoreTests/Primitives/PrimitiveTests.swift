import Testing

@testable import LeibnizCore

@Suite struct `Primitives` {
    @Test(arguments: Catalogue.entries)
    func `give what plain loops give`(entry: PrimitiveEntry) throws { try ValueLaw(entry.name, entry.cases).check() }

    @Test(arguments: Catalogue.entries.filter { $0.derivative == .checked })
    func `have the derivatives of central differences in every mode`(entry: PrimitiveEntry) throws {
        for (number, trial) in entry.cases.enumerated() where trial.checksDerivative {
            try DerivativeLaw(entry.name, trial, number).check()
        }
    }

    @Test(arguments: Catalogue.entries)
    func `give for a batch what a loop gives`(entry: PrimitiveEntry) throws {
        for (number, trial) in entry.cases.enumerated() { try BatchLaw(entry.name, trial, number).check() }
    }

    @Test(arguments: Catalogue.entries.filter { $0.derivative == .checked })
    func `have the Taylor series of nested derivatives`(entry: PrimitiveEntry) throws {
        for (number, trial) in entry.cases.enumerated() where trial.checksDerivative {
            try SeriesLaw(entry.name, trial, number).check()
        }
    }
}
