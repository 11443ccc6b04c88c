import TestFiles
import Testing

@testable import LeibnizSymbolic

@Suite struct IntegrationTests {
    @Test func `of two hundred integrals most are found, and none is wrong`() throws {
        #expect(integrands.count == 200)
        var found = 0
        for text in integrands {
            let integrand = try Formula(text)
            guard let worked = try? integrand.workedAntiderivative(by: "x") else { continue }
            found += 1
            let derivative = try worked.antiderivative.differentiated(by: "x")
            #expect(Formula.agree(derivative, integrand), "∫ \(text) = \(worked.antiderivative)")
        }
        #expect(found >= 180)
    }
}
