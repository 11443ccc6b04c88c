/// The beginning of a series in powers of x − a.
public struct FormulaSeries: Sendable {
    /// The variable.
    public let variable: String
    /// The point a.
    public let center: Formula
    /// The lowest power; below zero at a pole.
    public let lowestPower: Int
    /// The coefficients from the lowest power to the order that was asked for.
    public let coefficients: [Formula]

    /// The sum of the terms.
    public var formula: Formula {
        let step = center.isZero ? .variable(variable) : .variable(variable) - center
        return .sum(
            coefficients.enumerated().compactMap { index, coefficient in
                coefficient.isZero ? nil : (coefficient * step.raised(to: lowestPower + index)).simplifiedTerms
            })
    }
}

extension Formula {
    /// The series in powers of x − a up to an order; at a pole with powers below zero.
    ///
    /// - Parameters:
    ///   - variable: the variable x.
    ///   - center: the point a, a formula without x.
    ///   - order: the highest power, 0 … 60.
    /// - Throws: a `SymbolicError` where there is no such series, or none was found.
    public func taylorSeries(
        by variable: String, at center: Formula, order: Int
    ) throws(SymbolicError) -> FormulaSeries {
        guard (0...60).contains(order) else {
            throw SymbolicError(.argument, "the order is a whole number from 0 to 60, not \(order)", in: self)
        }
        guard !center.depends(on: variable), !center.holdsInfinity else {
            throw SymbolicError(.argument, "the center is a finite formula without \(variable)", in: center)
        }
        let name = "t₀"
        let shifted = try carryingOutDerivatives()
            .substituting([variable: center.isZero ? .variable(name) : .variable(name) + center]).simplified()
        var reason = "no series was found"
        // Where terms cancel or are divided by powers, more are needed than are asked for.
        attempts: for extra in [1, 4, 10, 20] {
            do {
                let above = try SeriesExpansion(variable: name, count: order + extra, logarithm: nil).series(
                    of: shifted)
                if shifted.hasSides {
                    let mirrored = shifted.substituting([name: -.variable(name)])
                    let below = try SeriesExpansion(variable: name, count: order + extra, logarithm: nil).series(
                        of: mirrored)
                    for power in Swift.min(above.lowest, below.lowest)...order {
                        let sign = power.isMultiple(of: 2) ? below[power] : -below[power]
                        guard (above[power] - sign).simplified().isZero else {
                            throw SymbolicError(.noAnswer, "the series from both sides differ", in: self)
                        }
                    }
                }
                guard above.end > order else { continue }
                let lowest = Swift.min(above.lowest, 0)
                return FormulaSeries(
                    variable: variable, center: center, lowestPower: lowest,
                    coefficients: lowest <= order ? (lowest...order).map { above[$0] } : [])
            } catch let error as SymbolicError {
                throw error
            } catch let failure as PowerSeries.Failure {
                reason = failure.reason
                guard failure.cure == .moreTerms else { break attempts }
            } catch {
                reason = "\(error)"
            }
        }
        return try derivatives(variable, center, order, reason)
    }

    /// Whether a part may be another function on either side of a point.
    private var hasSides: Bool {
        contains { part in
            switch part.kind {
            case .function(let function): [.abs, .sign, .relu, .cbrt, .floor, .ceil].contains(function)
            case .piecewise: true
            default: false
            }
        }
    }

    /// f⁽ᵏ⁾(a)/k!, one derivative after the other.
    private func derivatives(
        _ variable: String, _ center: Formula, _ order: Int, _ reason: String
    ) throws(SymbolicError) -> FormulaSeries {
        var coefficients: [Formula] = []
        var (current, factorial) = (self, Formula.one)
        guard !hasSides else { throw SymbolicError(.notFound, "no series was found: \(reason)", in: self) }
        for k in 0...order {
            let value = current.substituting([variable: center]).simplified()
            guard !value.variables.isEmpty || (try? value.evaluated())?.isFinite == true, current.size < 20_000 else {
                throw SymbolicError(.notFound, "no series was found: \(reason)", in: self)
            }
            coefficients.append((value / factorial).simplified())
            if k < order {
                current = try current.differentiated(by: variable)
                factorial = factorial * Formula(k + 1)
            }
        }
        return FormulaSeries(variable: variable, center: center, lowestPower: 0, coefficients: coefficients)
    }
}
