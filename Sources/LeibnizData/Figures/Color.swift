import Foundation

/// A colour of three components from 0 to 255.
public struct Color: Hashable, Sendable {
    /// The components.
    public var red, green, blue: UInt8

    /// A colour by its components.
    public init(red: UInt8, green: UInt8, blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

    /// A colour written as in HTML: 0xRRGGBB.
    public init(_ code: UInt32) {
        self.init(
            red: UInt8(truncatingIfNeeded: code >> 16), green: UInt8(truncatingIfNeeded: code >> 8),
            blue: UInt8(truncatingIfNeeded: code))
    }

    /// White.
    public static let white = Color(0xFFFFFF)
    /// Black.
    public static let black = Color(0)

    /// Colours for series, told apart also by those who do not see red and green (Okabe & Ito 2008, its yellow left out).
    public static let palette = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000].map(Color.init)

    /// As in HTML: `#RRGGBB`.
    var code: String { String(format: "#%02X%02X%02X", red, green, blue) }

    /// A mixture: `share` of the other colour.
    func mixed(with other: Color, _ share: Double) -> Color {
        func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Double(a) + share * (Double(b) - Double(a))).rounded()) }
        return Color(
            red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
    }
}

/// How numbers become colours.
public enum ColorMap: String, Sendable, CaseIterable {
    /// Black to white.
    case gray
    /// Dark blue through green to yellow, of evenly growing lightness (van der Walt & Smith 2015).
    case viridis
    /// Blue through white to red, for numbers around zero.
    case diverging

    /// Colours at equal distances, between which others are mixed.
    private var stops: [Color] {
        switch self {
        case .gray: [.black, .white]
        case .viridis:
            [0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C, 0xFDE725]
                .map(Color.init)
        case .diverging: [0x2166AC, 0x92C5DE, 0xF7F7F7, 0xF4A582, 0xB2182B].map(Color.init)
        }
    }

    /// The colour of a number; that of a NaN is a light grey.
    public func color(_ value: Double, in range: ClosedRange<Double>) -> Color {
        if value.isNaN { return Color(0xE5E5E5) }
        // Halves, since the whole range may be wider than any number.
        let low = range.lowerBound / 2, width = range.upperBound / 2 - low
        let share = width > 0 ? min(max((value / 2 - low) / width, 0), 1) : 0.5
        let stops = stops, place = share * Double(stops.count - 1)
        let index = min(Int(place), stops.count - 2)
        return stops[index].mixed(with: stops[index + 1], place - Double(index))
    }
}
