extension Formula {
    /// The degree as a polynomial in all variables; functions count as constants.
    var degree: Double { node.degree }

    static func degree(of kind: Kind, _ operands: [Formula]) -> Double {
        switch kind {
        case .variable: 1
        case .sum: operands.reduce(0) { Swift.max($0, $1.degree) }
        case .product: operands.reduce(0) { $0 + $1.degree }
        case .power: operands[1].number.map { $0.doubleValue * operands[0].degree } ?? 0
        default: 0
        }
    }

    /// Whether a stands before b in a sum: high powers first, numbers last.
    static func precedesInSum(_ a: Formula, _ b: Formula) -> Bool {
        if (a.number == nil) != (b.number == nil) { return a.number == nil }
        // Coefficients change neither of these.
        if a.degree != b.degree { return a.degree > b.degree }
        if a.variables.isEmpty != b.variables.isEmpty { return b.variables.isEmpty }
        return compare(a.coefficientAndRest.rest, b.coefficientAndRest.rest) < 0
    }

    /// The terms in the order of a sum; a positive one first, if there is one: 1 − x².
    static func inSumOrder(_ terms: [Formula]) -> [Formula] {
        guard terms.count > 1 else { return terms }
        var sorted = terms.sorted(by: precedesInSum)
        if let first = sorted.firstIndex(where: { !$0.coefficient.isNegative }), first > 0 {
            sorted.insert(sorted.remove(at: first), at: 0)
        }
        return sorted
    }

    /// Whether the term of a sum that decides about its sign has a negative coefficient.
    var isNegativeSum: Bool {
        guard operands.contains(where: \.coefficient.isNegative) else { return false }
        return operands.min(by: Formula.precedesInSum)?.coefficient.isNegative ?? false
    }

    /// Whether a stands before b in a product: numbers, constants, variables, functions, sums; divisors last.
    static func precedesInProduct(_ a: Formula, _ b: Formula) -> Bool {
        let (left, right) = (a.placeInProduct, b.placeInProduct)
        return left != right ? left < right : compare(a, b) < 0
    }

    /// The factors in the order of a product.
    static func inProductOrder(_ factors: [Formula]) -> [Formula] {
        factors.count < 2 ? factors : factors.sorted(by: precedesInProduct)
    }

    private var placeInProduct: Int {
        let (base, exponent) = baseAndExponent
        let isDivisor = exponent.number?.isNegative ?? false
        if case .function(.exp) = kind { return 4 }
        let place =
            switch base.kind {
            case .number: number != nil ? 0 : 1
            case .constant: 2
            case .variable: 3
            case .function: variables.isEmpty ? 2 : 5
            default: variables.isEmpty ? 2 : 6
            }
        return isDivisor ? place + 10 : place
    }

    /// A total order that follows names where it can, and is the same in every process.
    static func compare(_ a: Formula, _ b: Formula, depth: Int = 0) -> Int {
        if a == b { return 0 }
        let (base1, exponent1) = a.baseAndExponent
        let (base2, exponent2) = b.baseAndExponent
        if base1 == base2, let first = exponent1.number, let second = exponent2.number {
            return first.doubleValue > second.doubleValue ? -1 : 1
        }
        if a.rank != b.rank { return a.rank < b.rank ? -1 : 1 }
        if a.name != b.name { return a.name < b.name ? -1 : 1 }
        if a.operands.count != b.operands.count { return a.operands.count < b.operands.count ? -1 : 1 }
        if let first = a.number, let second = b.number, first != second {
            return first.doubleValue < second.doubleValue ? -1 : 1
        }
        if depth < 16 {
            for (left, right) in zip(a.operands, b.operands) {
                let order = compare(left, right, depth: depth + 1)
                if order != 0 { return order }
            }
        }
        return a.node.hash < b.node.hash ? -1 : 1
    }

    private var rank: Int {
        switch kind {
        case .number: 0
        case .constant: 1
        case .variable: 2
        case .power: operands[0].rank
        case .product: 4
        case .sum: 5
        case .function: 6
        case .piecewise: 7
        case .series: 8
        case .integral: 9
        case .derivative: 10
        }
    }

    private var name: String {
        switch kind {
        case .variable(let name), .series(let name), .integral(let name), .derivative(let name): name
        case .function(let function): function.rawValue
        case .constant(let constant): constant.rawValue
        case .power: operands[0].name
        default: ""
        }
    }
}
