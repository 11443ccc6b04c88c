/// How `minimize` goes downhill.
///
/// | method | asks for | memory | suits |
/// |---|---|---|---|
/// | `gradientDescent`, `momentum` | gradients | n | the article's rule; smooth, well-scaled functions |
/// | `conjugateGradient` | gradients | n | many variables, quadratic-like |
/// | `bfgs` | gradients | n² | up to some hundred variables |
/// | `lbfgs` | gradients | 20·n | many variables; the default |
/// | `newtonCG`, `trustRegion` | gradients, Hessian-vector products | n | ill-conditioned functions; `trustRegion` passes saddles |
/// | `nelderMead` | values | n² | few variables, functions without a derivative |
public enum MinimizationMethod: Hashable, Sendable {
    /// How far gradient descent goes along −∇f.
    public enum StepSize: Hashable, Sendable {
        /// As far as a search for the strong Wolfe conditions finds good.
        case lineSearch
        /// The same multiple of the gradient each time: x ← x − rate·∇f(x).
        case fixed(Double)
    }

    /// Steepest descent (Cauchy 1847).
    case gradientDescent(StepSize = .lineSearch)
    /// Polyak's heavy ball: v ← momentum·v − rate·∇f(x), x ← x + v; with `nesterov` the gradient is taken at x + momentum·v
    /// (Nesterov 1983).
    case momentum(rate: Double, momentum: Double = 0.9, nesterov: Bool = false)
    /// Nonlinear conjugate gradients with the formula of Polak and Ribière, not below zero (Nocedal & Wright, eq. 5.44–5.45).
    case conjugateGradient
    /// Quasi-Newton with a dense approximation of the inverse Hessian (Nocedal & Wright, alg. 6.1).
    case bfgs
    /// Quasi-Newton with the last `memory` steps in the place of the matrix (Nocedal & Wright, alg. 7.5).
    case lbfgs(memory: Int = 10)
    /// Newton's method whose equation conjugate gradients solve, followed by a line search (Nocedal & Wright, alg. 7.1).
    case newtonCG
    /// Newton's method within a region that is trusted, by Steihaug's conjugate gradients (Nocedal & Wright, alg. 4.1, 7.2).
    case trustRegion
    /// A simplex that walks, with the coefficients of Gao and Han (2012); for comparison, it asks for no derivative. Bounds may
    /// flatten the simplex, which then sees no more of the function than their border.
    case nelderMead

    /// Why a setting makes no sense, or `nil`.
    var flaw: String? {
        switch self {
        case .gradientDescent(.fixed(let rate)), .momentum(let rate, _, _):
            if !(rate > 0 && rate.isFinite) { return "a rate of \(rate) leads nowhere: it must be finite and above 0" }
            if case .momentum(_, let momentum, _) = self, !(0..<1).contains(momentum) {
                return "a momentum of \(momentum) does not settle: it must be at least 0 and below 1"
            }
            return nil
        case .lbfgs(let memory): return memory > 0 ? nil : "a memory of \(memory) steps holds nothing"
        default: return nil
        }
    }
}
