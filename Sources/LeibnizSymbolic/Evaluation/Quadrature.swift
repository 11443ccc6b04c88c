import Foundation

/// An integral that bounded work did not find.
struct NotConverged: Error, CustomStringConvertible {
    /// Where the integrand is too steep to go on, if that is why.
    var place: Double?

    var description: String {
        "the integral was not found to converge" + (place.map { ": the integrand is too steep near \($0)" } ?? "")
    }
}

/// ∫ f from `lower` to `upper` by a globally adaptive Gauss–Kronrod rule of 7 and 15 points (QUADPACK's QAG, Piessens et al. 1983).
///
/// Infinite ranges are mapped to finite ones by x = t/(1 − t²). Where that fails on a finite range, it is tried again with nodes
/// that crowd at the bounds.
///
/// - Parameters:
///   - integrand: is never asked for its value at a bound.
///   - lower: a number or −∞.
///   - upper: a number or ∞; it may be below `lower`.
/// - Throws: what the integrand throws, or an error where 1,000 parts do not reach ten digits.
/// - Returns: the integral, to about ten digits, and an estimate of its error.
@Sendable public func adaptiveQuadrature(
    _ integrand: (Double) throws -> Double, _ lower: Double, _ upper: Double
) throws -> (value: Double, error: Double) {
    if lower == upper { return (0, 0) }
    if lower > upper {
        let (value, error) = try adaptiveQuadrature(integrand, upper, lower)
        return (-value, error)
    }
    guard lower.isInfinite || upper.isInfinite else {
        do {
            return try adaptive(integrand, lower, upper)
        } catch {
            // Roots below a line at the bounds: x = a + (b − a)·t²·(3 − 2t) takes them away; poles stay.
            let found = try? adaptive(
                { t in try integrand(lower + (upper - lower) * t * t * (3 - 2 * t)) * 6 * t * (1 - t) * (upper - lower)
                },
                0, 1)
            guard let found else { throw error }
            return found
        }
    }
    let bounds = (lower: lower.isInfinite ? -1 : 0.0, upper: upper.isInfinite ? 1 : 0.0)
    let shift = lower.isFinite ? lower : upper.isFinite ? upper : 0
    do {
        return try adaptive(
            { t in
                let rest = 1 - t * t
                let x = t / rest + shift
                guard x.isFinite else { throw NotConverged() }
                return try integrand(x) * (1 + t * t) / (rest * rest)
            }, bounds.lower, bounds.upper)
    } catch is NotConverged {
        throw NotConverged()
    }
}

private struct Part {
    let lower: Double, upper: Double, value: Double, error: Double
}

private func adaptive(
    _ f: (Double) throws -> Double, _ lower: Double, _ upper: Double
) throws -> (value: Double, error: Double) {
    var parts = [try part(f, lower, upper)]
    while true {
        let value = parts.reduce(0) { $0 + $1.value }
        let error = parts.reduce(0) { $0 + $1.error }
        guard value.isFinite else { throw NotConverged() }
        if error <= max(1e-10 * abs(value), 1e-13) { return (value, error) }
        guard parts.count < 1000,
            let worst = parts.indices.max(by: { parts[$0].error < parts[$1].error })
        else { throw NotConverged() }
        let old = parts[worst]
        let middle = 0.5 * (old.lower + old.upper)
        // Nearer to a singularity than some thousand roundings of x, these would decide how large the integrand becomes.
        guard old.upper - old.lower > 1e-12 * max(abs(old.lower), abs(old.upper)), middle > old.lower,
            middle < old.upper
        else { throw NotConverged(place: middle) }
        parts[worst] = try part(f, old.lower, middle)
        parts.append(try part(f, middle, old.upper))
    }
}

/// Nodes and weights of the pair of rules, for the half with x ≥ 0, outermost first.
private let kronrodNodes = [
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851, 0.864864423359769072789712788640926,
    0.741531185599394439863864773280788, 0.586087235467691130294144691693013, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245, 0,
]
private let kronrodWeights = [
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204, 0.104790010322250183839876322541518,
    0.140653259715525918745189590510238, 0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714,
]
private let gaussWeights = [
    0.129484966168869693270611432679082, 0.279705391489276667901467771423780, 0.381830050505118944950369775488975,
    0.417959183673469387755102040816327,
]

private func part(_ f: (Double) throws -> Double, _ lower: Double, _ upper: Double) throws -> Part {
    let (center, half) = (0.5 * (lower + upper), 0.5 * (upper - lower))
    var (kronrod, gauss) = (0.0, 0.0)
    for (index, node) in kronrodNodes.enumerated() {
        let values = try node == 0 ? f(center) : f(center - half * node) + f(center + half * node)
        kronrod += kronrodWeights[index] * values
        if !index.isMultiple(of: 2) { gauss += gaussWeights[index / 2] * values }
    }
    return Part(lower: lower, upper: upper, value: half * kronrod, error: abs(half * (kronrod - gauss)))
}
