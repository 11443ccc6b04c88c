/// A module whose name in errors is not that of its type.
protocol NamedModule: Module {
    static var moduleName: String { get }
}

/// A layer for lines, planes or volumes: `Conv2D` instead of `Convolution<TwoDimensional>`.
protocol NamedByDimensions: NamedModule {
    associatedtype Dimensions: SpatialDimensions
    static var baseName: String { get }
}

extension NamedByDimensions {
    static var moduleName: String { "\(baseName)\(Dimensions.axes)D" }
}

extension Module {
    /// The name under which errors mention modules of this type.
    static var nameInErrors: String { (Self.self as? any NamedModule.Type)?.moduleName ?? "\(Self.self)" }
}
