extension Formula {
    /// The partial derivatives by several variables: ∇f.
    ///
    /// - Parameter variables: all of the formula's own, if none are given.
    public func gradient(by variables: [String]? = nil) throws(SymbolicError) -> [Formula] {
        var result: [Formula] = []
        for variable in variables ?? self.variables { result.append(try differentiated(by: variable)) }
        return result
    }

    /// The second derivatives ∂²f/∂xᵢ∂xⱼ, row by row; each pair is computed once.
    ///
    /// - Parameter variables: all of the formula's own, if none are given.
    public func hessian(by variables: [String]? = nil) throws(SymbolicError) -> [[Formula]] {
        let variables = variables ?? self.variables
        let gradient = try gradient(by: variables)
        var rows = [[Formula]](repeating: [Formula](repeating: .zero, count: variables.count), count: variables.count)
        for row in variables.indices {
            for column in 0...row {
                let derivative = try gradient[row].differentiated(by: variables[column])
                rows[row][column] = derivative
                rows[column][row] = derivative
            }
        }
        return rows
    }

    /// The derivatives ∂fᵢ/∂xⱼ of several formulas, a row each.
    public static func jacobian(of formulas: [Formula], by variables: [String]) throws(SymbolicError) -> [[Formula]] {
        var rows: [[Formula]] = []
        for formula in formulas { rows.append(try formula.gradient(by: variables)) }
        return rows
    }
}
