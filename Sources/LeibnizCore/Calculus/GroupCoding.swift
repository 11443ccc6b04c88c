import LeibnizKernels

/// Structs of tensors taken apart and put together again by their synthesised `Codable`.
enum GroupCoding {
    /// What was encoded at one place.
    final class Place {
        enum Content {
            case nothing
            case value(Any)
            /// The number of a tensor among all.
            case tensor(Int)
            case keyed([String: Place])
            case list([Place])
        }
        var content = Content.nothing
    }

    /// Tensors in the order in which they were encoded.
    final class Tensors {
        var list: [Tensor]
        init(_ list: [Tensor] = []) { self.list = list }
    }

    /// The tensors of a struct, and where they were.
    static func contents<Group: Encodable>(of group: Group) -> (tensors: [Tensor], structure: Place)? {
        let (place, tensors) = (Place(), Tensors())
        return noting {
            try GroupEncoder(place: place, tensors: tensors).write(group)
            return (tensors.list, place)
        }
    }

    /// The struct with other tensors.
    static func decoded<Group: Decodable>(_ type: Group.Type, from place: Place, tensors: [Tensor]) -> Group? {
        noting { try GroupDecoder(place: place, tensors: Tensors(tensors)).read(type) }
    }

    /// A struct whose own coding throws is an error of the next evaluation.
    private static func noting<Result>(_ body: () throws -> Result) -> Result? {
        do {
            return try body()
        } catch {
            PendingError.leave {
                TensorError("tensors", [], "a group's coding failed: \(error)", kind: .value).located()
            }
            return nil
        }
    }

    static func isPlain(_ value: Any) -> Bool {
        value is Bool || value is String || value is any BinaryInteger || value is any BinaryFloatingPoint
    }

    /// A place of a list has a number, not a name.
    struct Index: CodingKey {
        let intValue: Int?
        var stringValue: String { intValue.map(String.init) ?? "super" }
        init(_ number: Int?) { intValue = number }
        init?(intValue: Int) { self.intValue = intValue }
        init?(stringValue: String) { return nil }
    }
}

// MARK: Taking apart

/// Writes one place of a structure.
struct GroupEncoder: Encoder {
    let place: GroupCoding.Place
    let tensors: GroupCoding.Tensors
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func write<Value: Encodable>(_ value: Value) throws {
        if let tensor = value as? Tensor {
            place.content = .tensor(tensors.list.count)
            tensors.list.append(tensor)
        } else if GroupCoding.isPlain(value) {
            place.content = .value(value)
        } else {
            try value.encode(to: self)
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .keyed = place.content {} else { place.content = .keyed([:]) }
        return KeyedEncodingContainer(Keyed<Key>(encoder: self))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .list = place.content {} else { place.content = .list([]) }
        return Listed(encoder: self)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    fileprivate func child(_ key: any CodingKey) -> GroupEncoder {
        let child = GroupCoding.Place()
        guard case .keyed(var places) = place.content else { return self }
        places[key.stringValue] = child
        place.content = .keyed(places)
        return GroupEncoder(place: child, tensors: tensors)
    }

    fileprivate func next() -> GroupEncoder {
        let child = GroupCoding.Place()
        guard case .list(let places) = place.content else { return self }
        place.content = .list(places + [child])
        return GroupEncoder(place: child, tensors: tensors)
    }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let encoder: GroupEncoder
        var codingPath: [any CodingKey] { [] }
        mutating func encodeNil(forKey key: Key) throws { _ = encoder.child(key) }
        mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            try encoder.child(key).write(value)
        }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> { encoder.child(key).container(keyedBy: type) }
        mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            encoder.child(key).unkeyedContainer()
        }
        mutating func superEncoder() -> any Encoder { encoder.child(GroupCoding.Index(nil)) }
        mutating func superEncoder(forKey key: Key) -> any Encoder { encoder.child(key) }
    }

    private struct Listed: UnkeyedEncodingContainer {
        let encoder: GroupEncoder
        var codingPath: [any CodingKey] { [] }
        var count: Int { if case .list(let places) = encoder.place.content { places.count } else { 0 } }
        mutating func encodeNil() throws { _ = encoder.next() }
        mutating func encode<Value: Encodable>(_ value: Value) throws { try encoder.next().write(value) }
        mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
            encoder.next().container(keyedBy: type)
        }
        mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder.next().unkeyedContainer() }
        mutating func superEncoder() -> any Encoder { encoder.next() }
    }

    private struct Single: SingleValueEncodingContainer {
        let encoder: GroupEncoder
        var codingPath: [any CodingKey] { [] }
        mutating func encodeNil() throws { encoder.place.content = .nothing }
        mutating func encode<Value: Encodable>(_ value: Value) throws { try encoder.write(value) }
    }
}

// MARK: Putting together

/// Reads one place of a structure.
struct GroupDecoder: Decoder {
    let place: GroupCoding.Place
    let tensors: GroupCoding.Tensors
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
        switch place.content {
        case .tensor(let number) where tensors.list.indices.contains(number):
            if let tensor = tensors.list[number] as? Value { return tensor }
        case .value(let value):
            if let value = value as? Value { return value }
        default: break
        }
        return try Value(from: self)
    }

    fileprivate func mismatch<Value>(_ type: Value.Type) -> DecodingError {
        .typeMismatch(type, .init(codingPath: [], debugDescription: "something else was encoded here"))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .keyed(let places) = place.content else { throw mismatch(type) }
        return KeyedDecodingContainer(Keyed<Key>(decoder: self, places: places))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let places) = place.content else { throw mismatch([Tensor].self) }
        return Listed(decoder: self, places: places)
    }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { Single(decoder: self) }

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let decoder: GroupDecoder
        let places: [String: GroupCoding.Place]
        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { places.keys.sorted().compactMap { Key(stringValue: $0) } }
        func contains(_ key: Key) -> Bool { places[key.stringValue] != nil }

        private func child(_ key: any CodingKey) throws -> GroupDecoder {
            guard let place = places[key.stringValue] else {
                throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: "it was not encoded"))
            }
            return GroupDecoder(place: place, tensors: decoder.tensors)
        }
        func decodeNil(forKey key: Key) throws -> Bool { try child(key).isNothing }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try child(key).read(type)
        }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { try child(key).container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try child(key).unkeyedContainer()
        }
        func superDecoder() throws -> any Decoder { try child(GroupCoding.Index(nil)) }
        func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }
    }

    private var isNothing: Bool { if case .nothing = place.content { true } else { false } }

    private struct Listed: UnkeyedDecodingContainer {
        let decoder: GroupDecoder
        let places: [GroupCoding.Place]
        var currentIndex = 0
        var codingPath: [any CodingKey] { [] }
        var count: Int? { places.count }
        var isAtEnd: Bool { currentIndex >= places.count }

        private mutating func next() throws -> GroupDecoder {
            guard !isAtEnd else {
                throw DecodingError.valueNotFound(
                    Tensor.self, .init(codingPath: [], debugDescription: "fewer elements were encoded"))
            }
            defer { currentIndex += 1 }
            return GroupDecoder(place: places[currentIndex], tensors: decoder.tensors)
        }
        mutating func decodeNil() throws -> Bool {
            guard !isAtEnd, case .nothing = places[currentIndex].content else { return false }
            currentIndex += 1
            return true
        }
        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().read(type) }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }
        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
        mutating func superDecoder() throws -> any Decoder { try next() }
    }

    private struct Single: SingleValueDecodingContainer {
        let decoder: GroupDecoder
        var codingPath: [any CodingKey] { [] }
        func decodeNil() -> Bool { decoder.isNothing }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            // What is plain was kept as it is: another type of number does not find it.
            switch decoder.place.content {
            case .value(let value):
                guard let value = value as? Value else { throw decoder.mismatch(type) }
                return value
            case .nothing: throw decoder.mismatch(type)
            default: return try decoder.read(type)
            }
        }
    }
}

// MARK: Tensors elsewhere

extension Tensor: Codable {
    private enum Key: String, CodingKey { case shape, elementType, elements }

    /// Writes shape, element type and all elements, which are evaluated.
    ///
    /// - Throws: what evaluation throws.
    public func encode(to encoder: any Encoder) throws {
        if let group = encoder as? GroupEncoder { return try group.write(self) }
        // Elements of 64-bit integers beyond 2⁵³ would not survive as Doubles.
        let isWhole = elementType.isInteger
        let (whole, real) = (isWhole ? try array(of: Int64.self) : [], isWhole ? [] : try doubles())
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(type.shape.extents, forKey: .shape)
        try container.encode("\(elementType)", forKey: .elementType)
        if isWhole {
            try container.encode(whole, forKey: .elements)
        } else {
            try container.encode(real, forKey: .elements)
        }
    }

    /// Reads what `encode` wrote.
    ///
    /// - Throws: a `DecodingError` where shape, element type and elements do not belong together.
    public init(from decoder: any Decoder) throws {
        if let group = decoder as? GroupDecoder, case .tensor(let number) = group.place.content,
            group.tensors.list.indices.contains(number)
        {
            self = group.tensors.list[number]
            return
        }
        let container = try decoder.container(keyedBy: Key.self)
        let shape = Shape(try container.decode([Int].self, forKey: .shape))
        let name = try container.decode(String.self, forKey: .elementType)
        guard let type = ElementType.allCases.first(where: { "\($0)" == name }), shape.flaw(of: "decode", type) == nil
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .elementType, in: container, debugDescription: "no tensor of \(name) has the shape \(shape)")
        }
        let whole = type.isInteger ? try container.decode([Int64].self, forKey: .elements) : []
        let real = type.isInteger ? [] : try container.decode([Double].self, forKey: .elements)
        guard whole.count + real.count == shape.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .elements, in: container,
                debugDescription: "\(whole.count + real.count) elements do not fill \(shape)")
        }
        self = (type.isInteger ? Tensor(copying: whole, shape) : Tensor(copying: real, shape)).cast(to: type)
    }
}
