/// How many axes of a map a layer pools: the last ones. `MaxPool2D` is `MaxPool<PoolingPlane>`.
public protocol PoolingSpace: Sendable {
    /// The number of pooled axes.
    static var rank: Int { get }
}

/// One pooled axis: signals [N, C, L].
public enum PoolingLine: PoolingSpace {
    /// 1.
    public static let rank = 1
}

/// Two pooled axes: images [N, C, H, W].
public enum PoolingPlane: PoolingSpace {
    /// 2.
    public static let rank = 2
}

/// Three pooled axes: volumes [N, C, D, H, W].
public enum PoolingVolume: PoolingSpace {
    /// 3.
    public static let rank = 3
}

extension PoolingSpace {
    /// What a layer takes, for errors.
    static var layout: String { PoolingWindows.layout(rank) }
}
