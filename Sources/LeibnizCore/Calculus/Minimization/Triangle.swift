import Foundation

/// The triangular factor of a matrix A = Q·R and the vector Qᵀ·b, by Householder's reflections (Golub & Van Loan, alg. 5.2.1): what
/// linear least squares, min ‖A·x − b‖, ask for without AᵀA, whose condition is that of A squared.
struct Triangle {
    let n: Int
    /// R, row-major [n, n], zeros below the diagonal.
    private(set) var r: [Double]
    /// The first n elements of Qᵀ·b.
    private(set) var right: [Double]

    /// - Parameter a: row-major [m, n], m any number; missing rows are zeros.
    init(_ a: [Double], rows m: Int, columns n: Int, right b: [Double]) {
        self.n = n
        var (a, b) = (a, b)
        for column in 0..<min(m, n) {
            var length = 0.0
            for row in column..<m { length = hypot(length, a[row * n + column]) }
            guard length > 0 else { continue }
            let head = a[column * n + column]
            let alpha = head > 0 ? -length : length
            // v = a − α·e, and 2/(v·v) = 1/(α·(α − a₁)).
            let scale = 1 / (alpha * (alpha - head))
            a[column * n + column] = head - alpha
            for other in column + 1..<max(n, column + 1) {
                var sum = 0.0
                for row in column..<m { sum += a[row * n + column] * a[row * n + other] }
                for row in column..<m { a[row * n + other] -= scale * sum * a[row * n + column] }
            }
            var sum = 0.0
            for row in column..<m { sum += a[row * n + column] * b[row] }
            for row in column..<m { b[row] -= scale * sum * a[row * n + column] }
            a[column * n + column] = alpha
        }
        r = [Double](repeating: 0, count: n * n)
        right = [Double](repeating: 0, count: n)
        for row in 0..<min(m, n) {
            for column in row..<n { r[row * n + column] = a[row * n + column] }
            right[row] = b[row]
        }
    }

    /// Whether no diagonal element is negligible beside the largest.
    var isRegular: Bool {
        let diagonal = (0..<n).map { abs(r[$0 * n + $0]) }
        return (diagonal.min() ?? 0) > 1e-15 * (diagonal.max() ?? 0)
    }

    /// The solution of R·x = y.
    func solved(_ y: [Double]) -> [Double] {
        var x = y
        for row in (0..<n).reversed() {
            for column in row + 1..<max(n, row + 1) { x[row] -= r[row * n + column] * x[column] }
            x[row] /= r[row * n + row]
        }
        return x
    }

    /// The solution of Rᵀ·x = y.
    func solvedTransposed(_ y: [Double]) -> [Double] {
        var x = y
        for row in 0..<n {
            for column in 0..<row { x[row] -= r[column * n + row] * x[column] }
            x[row] /= r[row * n + row]
        }
        return x
    }

    /// R·x.
    func product(_ x: [Double]) -> [Double] {
        (0..<n).map { row in (row..<n).reduce(0) { $0 + r[row * n + $1] * x[$1] } }
    }

    /// The same for A with the rows √λ·diag(d) below it, of which b has zeros.
    func damped(by lambda: Double, _ d: [Double]) -> Triangle {
        var rows = r
        for row in 0..<n { rows += (0..<n).map { $0 == row ? lambda.squareRoot() * d[row] : 0 } }
        return Triangle(rows, rows: 2 * n, columns: n, right: right + [Double](repeating: 0, count: n))
    }

    /// (AᵀA)⁻¹ = R⁻¹·R⁻ᵀ, row-major.
    var inverseOfSquare: [Double] {
        (0..<n).flatMap { row in
            solved(solvedTransposed((0..<n).map { $0 == row ? 1 : 0 }))
        }
    }
}
