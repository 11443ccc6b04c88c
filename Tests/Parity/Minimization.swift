import Foundation
import Leibniz
import TestFiles

/// What `minimization.py` has SciPy compute as well: minima of twenty functions, within bounds too, and twenty fits.
enum MinimizationParity {
    /// A function of x1, x2, … by the name that `minimization.py` gives it.
    private struct Case {
        let name: String
        let formula: String
        let start: [Double]
    }

    private static let cases = [
        Case(name: "rosenbrock", formula: "100*(x2-x1^2)^2 + (1-x1)^2", start: [-1.2, 1]),
        Case(
            name: "rosenbrock-4",
            formula: "100*(x2-x1^2)^2 + (1-x1)^2 + 100*(x3-x2^2)^2 + (1-x2)^2 + 100*(x4-x3^2)^2 + (1-x3)^2",
            start: [0, 0, 0, 0]),
        Case(
            name: "beale", formula: "(1.5-x1+x1*x2)^2 + (2.25-x1+x1*x2^2)^2 + (2.625-x1+x1*x2^3)^2", start: [1, 1]),
        Case(name: "booth", formula: "(x1+2*x2-7)^2 + (2*x1+x2-5)^2", start: [0, 0]),
        Case(name: "himmelblau", formula: "(x1^2+x2-11)^2 + (x1+x2^2-7)^2", start: [0.5, 0.5]),
        Case(name: "matyas", formula: "0.26*(x1^2+x2^2) - 0.48*x1*x2", start: [3, -5]),
        Case(
            name: "wood",
            formula:
                "100*(x2-x1^2)^2 + (1-x1)^2 + 90*(x4-x3^2)^2 + (1-x3)^2 + 10*(x2+x4-2)^2 + 0.1*(x2-x4)^2",
            start: [-3, -1, -3, -1]),
        Case(name: "mccormick", formula: "sin(x1+x2) + (x1-x2)^2 - 1.5*x1 + 2.5*x2 + 1", start: [0, 0]),
        Case(
            name: "freudenstein-roth",
            formula: "(-13+x1+((5-x2)*x2-2)*x2)^2 + (-29+x1+((x2+1)*x2-14)*x2)^2", start: [6, 5]),
        Case(name: "brown", formula: "(x1-10)^2 + (x2-2e-3)^2 + (x1*x2-0.02)^2", start: [1, 1]),
        Case(name: "three-hump-camel", formula: "2*x1^2 - 1.05*x1^4 + x1^6/6 + x1*x2 + x2^2", start: [0.5, 0.5]),
        Case(
            name: "six-hump-camel", formula: "(4-2.1*x1^2+x1^4/3)*x1^2 + x1*x2 + (4*x2^2-4)*x2^2",
            start: [0.5, -0.5]),
        Case(name: "exponentials", formula: "exp(x1+3*x2-0.1) + exp(x1-3*x2-0.1) + exp(-x1-0.1)", start: [-1, 1]),
        Case(name: "log-sum-exp", formula: "log(exp(x1)+exp(-x1)+exp(x2)+exp(-x2)+exp(x1+x2))", start: [1, -2]),
        Case(name: "zakharov", formula: "x1^2+x2^2 + (0.5*x1+x2)^2 + (0.5*x1+x2)^4", start: [2, -1]),
        Case(name: "dixon-price", formula: "(x1-1)^2 + 2*(2*x2^2-x1)^2 + 3*(2*x3^2-x2)^2", start: [1, 1, 1]),
        Case(
            name: "helix", formula: "100*(x3-5*atan(x2/x1)/pi)^2 + 100*(sqrt(x1^2+x2^2)-1)^2 + x3^2",
            start: [1, 1, 1]),
        Case(name: "quartic", formula: "(x1-2)^4 + (x1-2)^2*x2^2 + (x2+1)^2", start: [1, 1]),
        Case(name: "cosines", formula: "x1^2 + 2*x2^2 - 0.3*cos(3*pi*x1) - 0.4*cos(4*pi*x2) + 0.7", start: [0.1, 0.1]),
        Case(
            name: "ill-conditioned", formula: "x1^2 + 1e3*x2^2 + 1e6*(x3-1)^2 + x1*x2 + cosh(x3)", start: [1, 1, 0]),
    ]

    private static let methods: [(name: String, method: MinimizationMethod)] = [
        ("bfgs", .bfgs), ("lbfgs", .lbfgs()), ("conjugate-gradient", .conjugateGradient), ("newton-cg", .newtonCG),
        ("trust-region", .trustRegion),
    ]

    static func compute(_ exchange: Exchange) throws {
        var names: [String] = []
        for one in cases {
            let variables = one.start.indices.map { "x\($0 + 1)" }
            let function = try TensorFormula(Formula(one.formula), variables: variables)
            let f = { (x: Tensor) in function(one.start.indices.map { x[$0] }) }
            let start = Tensor(one.start, .float64)
            try exchange.write("\(one.name).start", start)
            for (name, method) in methods {
                let found = try minimize(f, from: start, method: method)
                try exchange.write("\(one.name).\(name)", found.point)
                try exchange.write("\(one.name).\(name).value", Tensor(found.value, .float64))
            }
            // A box around the start, most of whose minima lie at its border.
            let found = try minimize(f, from: start, method: .lbfgs(), lower: start - 0.5, upper: start + 0.5)
            try exchange.write("\(one.name).bounded", found.point)
            try exchange.write("\(one.name).bounded.value", Tensor(found.value, .float64))
            names.append(one.name)
        }
        try Data(names.joined(separator: "\n").utf8).write(to: exchange.folder.appendingPathComponent("functions"))
        for problem in RegressionProblem.all {
            let variables = problem.parameters.indices.map { "b\($0 + 1)" }
            let model = try TensorFormula(Formula(problem.model), variables: variables + ["x"])
            let x = Tensor(problem.x, .float64), start = Tensor(problem.starts[1], .float64)
            let found = try fit(
                { (b: Tensor) in model(variables.indices.map { b[$0] } + [x]) }, to: Tensor(problem.y, .float64),
                from: start)
            try exchange.write("\(problem.name).x", x)
            try exchange.write("\(problem.name).y", Tensor(problem.y, .float64))
            try exchange.write("\(problem.name).start", start)
            try exchange.write("\(problem.name).parameters", found.parameters)
            try exchange.write("\(problem.name).covariance", found.covariance)
        }
        let fits = RegressionProblem.all.map(\.name).joined(separator: "\n")
        try Data(fits.utf8).write(to: exchange.folder.appendingPathComponent("fits"))
    }
}
