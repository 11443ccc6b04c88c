extension LoopNest {
    /// Checks one value by itself: its operands are older, and its operation exists for their types.
    func validateValue(_ number: ValueID) throws(LoopNestError) {
        let value = values[number]
        let place = LoopNestError.Place.value(number)
        for operand in value.operation.operands where operand < 0 || operand >= number {
            throw LoopNestError(place: place, problem: .unknown("older value", operand))
        }
        for affine in value.operation.affines { try validateAxes(of: affine, at: place) }
        if case .load(let access) = value.operation {
            try validateAccess(access, olderThan: number, at: place)
            if buffers[access.buffer].role == .output {
                throw LoopNestError(place: place, problem: .role("buffer \(access.buffer) is written only"))
            }
        }
        if case .reduced(let reduction) = value.operation {
            guard reductions.indices.contains(reduction) else {
                throw LoopNestError(place: place, problem: .unknown("reduction", reduction))
            }
            guard values.indices.contains(reductions[reduction].value) else {
                throw LoopNestError(place: place, problem: .unknown("value", reductions[reduction].value))
            }
        }
        if let complaint = typeComplaint(value) {
            throw LoopNestError(place: place, problem: .type(complaint))
        }
    }

    func validateAccess(
        _ access: Access, olderThan limit: ValueID, at place: LoopNestError.Place
    ) throws(LoopNestError) {
        guard buffers.indices.contains(access.buffer) else {
            throw LoopNestError(place: place, problem: .unknown("buffer", access.buffer))
        }
        for affine in access.affines { try validateAxes(of: affine, at: place) }
        for gather in access.gathers {
            guard values.indices.contains(gather.value), gather.value < limit else {
                throw LoopNestError(place: place, problem: .unknown("older value", gather.value))
            }
            guard values[gather.value].type.isInteger else {
                throw LoopNestError(place: place, problem: .type("a gathered index must be an integer"))
            }
        }
    }

    private func validateAxes(of affine: Affine, at place: LoopNestError.Place) throws(LoopNestError) {
        for term in affine.terms where !axes.indices.contains(term.axis) {
            throw LoopNestError(place: place, problem: .unknown("axis", term.axis))
        }
    }

    /// Why a value's type does not fit its operation, or nil.
    private func typeComplaint(_ value: Value) -> String? {
        let type = value.type
        func mismatch(_ fits: Bool) -> String? { fits ? nil : "\(value.operation) cannot be a \(type)" }
        switch value.operation {
        case .float: return mismatch(type.isFloatingPoint)
        case .integer(let number):
            return mismatch(!type.isFloatingPoint && ScalarSemantics.wrapped(number, to: type) == number)
        case .index: return mismatch(type == .int64)
        case .load(let access): return mismatch(buffers[access.buffer].type == type)
        case .within: return mismatch(type == .bool)
        case .unary(let operation, let a):
            let operand = values[a].type
            switch operation {
            case .isNaN, .isFinite: return mismatch(type == .bool && operand.isFloatingPoint)
            case .not: return mismatch(type == operand && !type.isFloatingPoint)
            case .negate, .abs, .sign: return mismatch(type == operand && type != .bool)
            default: return mismatch(type == operand && type.isFloatingPoint)
            }
        case .binary(let operation, let a, let b):
            guard values[a].type == type, values[b].type == type else { return mismatch(false) }
            switch operation {
            case .add, .subtract, .multiply, .divide, .remainder, .power: return mismatch(type != .bool)
            case .max, .min: return nil
            case .atan2: return mismatch(type.isFloatingPoint)
            case .and, .or, .xor: return mismatch(!type.isFloatingPoint)
            case .shiftLeft, .shiftRight: return mismatch(type.isInteger)
            }
        case .compare(_, let a, let b): return mismatch(type == .bool && values[a].type == values[b].type)
        case .select(let condition, let a, let b):
            return mismatch(values[condition].type == .bool && values[a].type == type && values[b].type == type)
        case .convert: return nil
        case .random(let key, let counter, let word):
            return mismatch(
                type == .int32 && values[key].type == .int64 && values[counter].type == .int64
                    && (0...3).contains(word))
        case .reduced(let reduction): return mismatch(resultType(ofReduction: reduction) == type)
        }
    }
}
