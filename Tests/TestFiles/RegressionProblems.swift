/// The problems of nonlinear regression of the Statistical Reference Datasets (National Institute of Standards and Technology,
/// <https://www.itl.nist.gov/div898/strd/>, in the public domain), with values certified to eleven digits.
public struct RegressionProblem: Sendable {
    /// The name under which the institute publishes it.
    public let name: String
    /// The model as a formula of x and b1, b2, ….
    public let model: String
    /// The institute's first start, far from the solution, and its second, closer.
    public let starts: [[Double]]
    /// The certified parameters.
    public let parameters: [Double]
    /// Their certified standard deviations.
    public let standardErrors: [Double]
    /// The certified residual standard deviation.
    public let residualStandardDeviation: Double
    /// The data, x before y.
    let data: String

    /// The data's x.
    public var x: [Double] { numbers.enumerated().filter { $0.offset % 2 == 0 }.map(\.element) }
    /// The data's y.
    public var y: [Double] { numbers.enumerated().filter { $0.offset % 2 == 1 }.map(\.element) }

    private var numbers: [Double] { data.split(whereSeparator: \.isWhitespace).compactMap { Double($0) } }

    /// The problem of a name.
    public static func named(_ name: String) -> RegressionProblem? { all.first { $0.name == name } }

    /// All problems.
    public static let all = lower + average + higher
}
