import Foundation
import Leibniz

/// What `calculus.py` has JAX compute as well: every transformation of twenty functions of five numbers.
enum CalculusParity {
    static let order = 6

    /// The functions under the names that `calculus.py` gives them; `m` is a 5×5 matrix.
    static func functions(_ m: Tensor) -> [(name: String, f: (Tensor) -> Tensor)] {
        [
            ("polynomial", { pow($0, 4) - 3 * pow($0, 2) + $0 }),
            ("exponential", { exp(0.3 * sum($0)) }),
            ("logarithm", { sum(log(2 + $0 * $0)) }),
            ("waves", { sin($0) * cos($0.flipped([0])) }),
            ("tangents", { sum(tan(0.3 * $0) + tanh($0)) }),
            ("quotient", { $0 / (1 + sum($0 * $0)) }),
            ("net", { tanh(matmul(m, tanh(matmul(m, $0)))) }),
            ("net-loss", { sum(pow(tanh(matmul(m, tanh(matmul(m, $0)))) - 0.5, 2)) }),
            ("sigmoid", { sum(sigmoid($0) * $0) }),
            ("softplus", { softplus($0) }),
            ("softmax", { softmax($0) }),
            ("log-sum-exp", { logSumExp($0 * $0) }),
            ("norm", { sqrt(sum($0 * $0) + 1) }),
            ("roots", { rsqrt($0 * $0 + 2) }),
            ("product", { product($0 + 0.5) }),
            ("quadratic-form", { x in matmul(x, matmul(m, x)) }),
            ("error-function", { erf($0) * sum($0) }),
            ("powers", { pow($0 * $0 + 1, -1.5) }),
            ("angles", { sum(atan($0) + asin(0.2 * $0)) }),
            ("hyperbolas", { sinh($0) + cosh($0) * $0 }),
            ("running-sum", { pow(cumulativeSum($0, axis: 0), 3) }),
            ("greatest", { max(pow($0, 3)) }),
        ]
    }

    static func compute(_ exchange: Exchange) throws {
        let x = try exchange.read("x", [5], .float64), v = try exchange.read("v", [5], .float64)
        let points = try exchange.read("points", [3, 5], .float64), m = try exchange.read("m", [5, 5], .float64)
        for (name, f) in functions(m) {
            func write(_ what: String, _ tensor: Tensor) throws { try exchange.write("\(name).\(what)", tensor) }
            let series = taylor(of: f, at: x, along: v, order: order)
            try write("jet", stack(series.derivatives))
            try write("jacfwd", jacobian(of: f, mode: .forward)(x))
            try write("jacrev", jacobian(of: f, mode: .reverse)(x))
            let total = { (x: Tensor) in sum(f(x)) }
            try write("hessian", hessian(of: total)(x))
            try write("jvp-of-grad", pushforward(gradient(of: total), at: x, along: v).tangent)
            try write("vmap", vmap(f)(points))
            try write("vmap-of-grad", vmap(gradient(of: total), in: 0, out: 1)(points))
            try write("grad-of-vmap", gradient(of: { sum(pow(vmap(f)($0), 2)) })(points))
            try write("vmap-of-jet", vmap { taylor(of: f, at: $0, along: v, order: 3).derivatives[3] }(points))
        }
    }
}
