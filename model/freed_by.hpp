#pragma once
// Deleters for what C libraries give out.

namespace chat {

/// For std::unique_ptr: `std::unique_ptr<BIO, freed_by<BIO_free>>`.
template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* it) const {
    Free(it);
  }
};

}  // namespace chat
