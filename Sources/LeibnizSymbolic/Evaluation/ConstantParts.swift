extension Formula {
    /// Why a part without variables, such as 1/0 or log(−1), has no value, and with it the formula at no point.
    ///
    /// Branches of `piecewise` need no value, and sums and integrals are not carried out to find one.
    public var undefinedConstant: EvaluationError? {
        var constants: Set<ObjectIdentifier> = []
        _ = folded { formula, areConstant in
            let isConstant =
                switch formula.kind {
                case .variable, .series, .integral, .derivative, .constant(.infinity): false
                default: areConstant.allSatisfy { $0 }
                }
            if isConstant { constants.insert(ObjectIdentifier(formula.node)) }
            return isConstant
        }
        var seen: Set<ObjectIdentifier> = []
        var pending = [self]
        while let part = pending.popLast() {
            guard !part.operands.isEmpty, seen.insert(ObjectIdentifier(part.node)).inserted else { continue }
            if constants.contains(ObjectIdentifier(part.node)) {
                do {
                    _ = try part.evaluated()
                } catch  where error.kind == .divisionByZero || error.kind == .outsideDomain {
                    return error
                } catch {}
                continue
            }
            switch part.kind {
            case .piecewise(let relations):
                pending += relations.indices.reversed().flatMap { part.operands[(3 * $0)...(3 * $0 + 1)] }
            case .series, .integral: pending += part.operands.dropFirst().reversed()
            default: pending += part.operands.reversed()
            }
        }
        return nil
    }
}
